"""The settings pages in their states."""

from collections.abc import Callable
from datetime import timedelta

from edge.operations import wall
from edge.queueing.chain import instant
from edge.queueing.wall import wall as said
from tests.browser.browsing import LAPTOP, PHONE
from tests.pictures import situations as s
from tests.pictures.stage import Stage
from tests.pictures.visit import Scene, Visit


def page(path: str, role: str = "administrator") -> Callable[[Visit], None]:
    """Lead to a page by its address."""
    return lambda visit: visit.log_in(role, f"/settings{path}")


def wrong(visit: Visit) -> None:
    visit.log_in("administrator", "/settings/edit/service?id=passport")
    visit.page.fill("#f-letter", "Ж7")
    visit.page.fill("#f-minutes", "soon")
    visit.page.fill("[name='names.ky']", "")
    visit.page.click("#to-preview")


def wrong_text(visit: Visit) -> None:
    visit.log_in("administrator", "/settings/edit/text")
    text = visit.page.input_value("#text")
    visit.page.fill(
        "#text", text.replace("cap = 3", "cap = 0").replace('mon = [["00:00"', 'mon = [["25:00"').replace('letter = "K"', 'letter = "kk"')
    )
    visit.page.click("#to-preview")


def preview(visit: Visit) -> None:
    visit.log_in("administrator", "/settings/edit/text")
    text = visit.page.input_value("#text")
    wanted = text.replace("cap = 3", "cap = 4").replace('letter = "T"', 'letter = "P"').replace('desk = "8"', 'desk = "9"').replace("Travel", "My")
    visit.page.fill("#text", wanted)
    visit.page.click("#to-preview")


def untrue_wall(stage: Stage) -> None:
    """The rule was printed and hung up, and then somebody changed it."""
    wall.hang(stage.ctx, said(stage.ctx.hall.policy).version, actor="system")
    stage.change(ordering={**stage.setting("ordering"), "cap": 4})


def order(visit: Visit) -> None:
    """The card of the rule, as it is to be read on the wall."""
    visit.log_in("administrator", "/settings")
    visit.page.locator("#h-ordering").scroll_into_view_if_needed()


def taken_back(visit: Visit) -> None:
    """Change something and look at the history's entry of it; the next visit changes it again."""
    visit.log_in("administrator", "/settings/edit/ordering")
    cap = int(visit.page.input_value("#f-cap"))
    visit.page.fill("#f-cap", str(3 + (cap + 1) % 3))
    visit.page.click("#to-preview")
    visit.page.click("#put-in-force")
    visit.page.click(".done a")


def restored(stage: Stage) -> None:
    """The box came back from a backup that was an hour old."""
    at = instant(stage.ctx.clock.wall() - timedelta(hours=1))
    stage.change(restored={"at": at, "prefix": "Z"})
    stage.crowd(3)


def holidays(stage: Stage) -> None:
    """A year with two holidays and a shortened day, tickets before the opening, a wrong date typed."""
    why = {"ky": "Нооруз майрамы", "ru": "Праздник Нооруз", "kk": "Наурыз мерекесі", "en": "Nooruz"}
    days = [{"day": "2027-03-21", "hours": [], "why": why}, {"day": "2027-12-31", "hours": [["09:00", "15:00"]], "why": None}]
    stage.change(calendar={**stage.setting("calendar"), "days": days, "tokens_before_min": 60, "cohort": 40})


SETTINGS: tuple[Scene, ...] = (
    Scene("settings", LAPTOP, s.normal, page("")),
    Scene("settings-restored", LAPTOP, restored, page("")),
    Scene("settings-long-names", LAPTOP, s.long_names, page("")),
    Scene("settings-auditor-phone", PHONE, s.normal, page("", "auditor")),
    Scene("settings-service", LAPTOP, s.normal, page("/edit/service?id=passport")),
    Scene("settings-hours", LAPTOP, s.normal, page("/edit/hours")),
    Scene("settings-holidays", LAPTOP, holidays, page("/edit/hours"), whole=True),
    Scene("settings-desk-phone", PHONE, s.normal, page("/edit/desk?id=1")),
    Scene("settings-text", LAPTOP, s.normal, page("/edit/text")),
    Scene("settings-wrong", LAPTOP, s.normal, wrong),
    Scene("settings-text-wrong", LAPTOP, s.normal, wrong_text),
    Scene("settings-preview", LAPTOP, s.normal, preview),
    Scene("settings-preview-phone", PHONE, s.normal, preview),
    Scene("settings-entry", LAPTOP, s.normal, taken_back),
    Scene("settings-history", LAPTOP, s.normal, page("/history")),
    Scene("settings-texts", LAPTOP, s.normal, page("/texts")),
    Scene("settings-wall", LAPTOP, untrue_wall, page("")),
    Scene("settings-order", LAPTOP, s.long_names, order),
    Scene("settings-visit", LAPTOP, s.visits, page("/edit/service?id=family"), whole=True),
    Scene("settings-outcomes", PHONE, s.visits, page("/edit/service?id=address"), whole=True),
    Scene("settings-visits", LAPTOP, s.normal, page("/edit/visits")),
    Scene("settings-bookings", LAPTOP, s.normal, page("/edit/bookings"), whole=True),
    Scene("settings-promises", LAPTOP, s.normal, page("/edit/promises")),
    Scene("settings-led", LAPTOP, s.normal, page("/edit/led")),
    Scene("settings-voice", LAPTOP, s.normal, page("/edit/voice")),
    Scene("settings-desk", LAPTOP, s.normal, page("/edit/desk?id=1"), whole=True),
)
