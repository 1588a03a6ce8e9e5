"""The supervisor's hall page in every state that it must be good in."""

from collections.abc import Callable

from edge.operations import bookings
from edge.operations import help as calls
from edge.queueing import commands as c
from edge.queueing.chain import instant
from edge.queueing.day import following
from tests.browser.browsing import LAPTOP
from tests.pictures import situations as s
from tests.pictures.stage import Stage
from tests.pictures.visit import Scene, Visit

UPRIGHT, POCKET = (800, 1280), (360, 740)


def troubled(stage: Stage) -> None:
    """Much at once: services nobody serves, a visitor who calls for help, a desk of its own that is closed, no paper, low batteries."""
    s.unserved(stage)
    stage.act(c.CallNext("1"), c.Transfer("1", to_desk="8"), c.CallNext("2"), c.Pause("3", "break"))
    calls.call(stage.ctx, "kiosk-1")
    s.unprinted(stage, "printer-1")
    for what, about in (("paper-out", "kiosk-2"), ("battery", "button-2")):
        stage.do(c.RaiseAlert(what, about))


def doubtful(stage: Stage) -> None:
    """A day that opened by itself under a clock that shows another date."""
    s.normal(stage)
    stage.do(c.OpenDay("2026-03-03", instant(stage.ctx.clock.wall()), "Asia/Bishkek", 21_600, provisional=True))


def date(visit: Visit) -> None:
    visit.log_in("supervisor", "/hall/day")


def overview(visit: Visit) -> None:
    visit.log_in("supervisor", "/hall")
    visit.live()


def auditor(visit: Visit) -> None:
    visit.log_in("auditor", "/hall/desk/1")


def counted(stage: Stage) -> None:
    """Several clerks have called, some out of turn; rights were confirmed and refused."""
    s.visits(stage)
    for desk in ("3", "4", "5"):
        stage.prioritised(desk)
        stage.act(c.JudgeCategory(desk, confirmed=desk != "4"))


def printed(stage: Stage) -> None:
    """Slips were printed, and the first was keyed in."""
    s.normal(stage)
    stage.do(c.PrintBlock(200))
    stage.do(c.KeyIn((c.Slip("slip-1", "Z001", "passport"),), 0, "ky"))


def of(path: str) -> Callable[[Visit], None]:
    return lambda visit: visit.log_in("supervisor", f"/hall{path}")


def unproved(visit: Visit) -> None:
    ticket = next(each for each in visit.stage.ctx.hall.waiting() if each.category)
    visit.log_in("supervisor", f"/hall/ticket/{ticket.id}")


def service(visit: Visit) -> None:
    visit.log_in("supervisor", "/hall/service/benefits")
    visit.live()


def desk(visit: Visit) -> None:
    visit.log_in("supervisor", "/hall/desk/3")
    visit.live()


def desk_refused(visit: Visit) -> None:
    desk(visit)
    visit.page.uncheck("input[name=services][value=passport]")
    visit.page.click("#do-services")


def unprinted(visit: Visit) -> None:
    visit.log_in("supervisor", f"/hall/ticket/{s.unprinted(visit.stage)['id']}")


def ticket(visit: Visit) -> None:
    waiting = visit.stage.ctx.hall.waiting()[0]
    visit.log_in("supervisor", f"/hall/ticket/{waiting.id}")


def notice(visit: Visit) -> None:
    visit.log_in("supervisor", "/hall/notice?ready=documents")
    visit.page.click("#do-look")


def emergency(visit: Visit) -> None:
    visit.log_in("supervisor", "/hall/emergency?kind=evacuation")


def confirm(visit: Visit) -> None:
    emergency(visit)
    visit.page.select_option("#emergency-ready", index=1)
    visit.page.click("#do-check")


def lift(visit: Visit) -> None:
    visit.log_in("supervisor", "/hall/emergency")


def at_the_door(stage: Stage) -> None:
    """A second cohort waits outside."""
    stage.change(calendar={**stage.setting("calendar"), "tokens_before_min": 60, "cohort": 40})
    stage.crowd(70)


def shut_out(stage: Stage) -> None:
    """Tomorrow has become a holiday, and people booked it."""
    s.normal(stage)
    tomorrow = following(stage.ctx.hall.day.day if stage.ctx.hall.day else "")
    for number, (service, contact) in enumerate(
        (("passport", "+996 555 010203"), ("birth", None), ("passport", "+996 700 112233"), ("benefits", None))
    ):
        free = bookings.slots(stage.ctx, service, tomorrow)
        if free:
            wanted = free[number * 3 % len(free)]["slot"]
            person = f"AN10{number}4567"
            bookings.book(stage.ctx, service=service, slot=wanted, person=person, lang="ky", via="kiosk-1", actor="device:kiosk-1", contact=contact)
    why = {"ky": "Дем алыш күн", "ru": "Выходной день", "kk": "Демалыс күні", "en": "Day off"}
    stage.change(calendar={**stage.setting("calendar"), "days": [{"day": tomorrow, "hours": [], "why": why}]})


def told(visit: Visit) -> None:
    visit.log_in("supervisor", "/hall/to-tell")
    visit.page.click("form[action$='/to-tell'] button")


HALL: tuple[Scene, ...] = (
    Scene("hall-empty", LAPTOP, s.empty, overview, whole=True),
    Scene("hall-normal", LAPTOP, s.normal, overview, whole=True),
    Scene("hall-normal-upright", UPRIGHT, s.normal, overview, whole=True),
    Scene("hall-busiest", LAPTOP, s.busiest, overview, whole=True),
    Scene("hall-busiest-pocket", POCKET, s.busiest, overview, whole=True),
    Scene("hall-paused", LAPTOP, s.paused, overview, whole=True),
    Scene("hall-trouble", LAPTOP, troubled, overview, whole=True),
    Scene("hall-trouble-pocket", POCKET, troubled, overview, whole=True),
    Scene("hall-long-names", LAPTOP, s.long_names, overview, whole=True),
    Scene("hall-closed", LAPTOP, s.closed, overview, whole=True),
    Scene("hall-doubtful-date", LAPTOP, doubtful, overview, whole=True),
    Scene("hall-date-form", UPRIGHT, doubtful, date, whole=True),
    Scene("hall-emergency", LAPTOP, s.emergency, overview, whole=True),
    Scene("hall-notice", LAPTOP, s.notice, overview, whole=True),
    Scene("hall-service", LAPTOP, troubled, service, whole=True),
    Scene("hall-desk", LAPTOP, troubled, desk, whole=True),
    Scene("hall-desk-upright", UPRIGHT, troubled, desk, whole=True),
    Scene("hall-desk-refused", LAPTOP, s.normal, desk_refused, whole=True),
    Scene("hall-desk-auditor", LAPTOP, s.normal, auditor, whole=True),
    Scene("hall-ticket", LAPTOP, s.normal, ticket, whole=True),
    Scene("hall-ticket-unprinted", LAPTOP, s.normal, unprinted, whole=True),
    Scene("hall-notice-form", UPRIGHT, s.notice, notice, whole=True),
    Scene("hall-emergency-form", UPRIGHT, s.normal, emergency, whole=True),
    Scene("hall-emergency-confirm", LAPTOP, s.normal, confirm, whole=True),
    Scene("hall-emergency-lift", LAPTOP, s.emergency, lift, whole=True),
    Scene("hall-visits", UPRIGHT, s.visits, overview),
    Scene("hall-proof", UPRIGHT, s.visits, unproved),
    Scene("hall-today", UPRIGHT, counted, of("/today")),
    Scene("hall-today-pocket", POCKET, counted, of("/today")),
    Scene("hall-paper", UPRIGHT, printed, of("/paper")),
    Scene("hall-paper-pocket", POCKET, printed, of("/paper")),
    Scene("hall-door", LAPTOP, at_the_door, of("/door"), whole=True),
    Scene("hall-to-tell", LAPTOP, shut_out, of("/to-tell"), whole=True),
    Scene("hall-to-tell-contacts", UPRIGHT, shut_out, told, whole=True),
    Scene("hall-to-tell-overview", LAPTOP, shut_out, overview),
    Scene("hall-paper-first", UPRIGHT, s.normal, of("/paper")),
)
