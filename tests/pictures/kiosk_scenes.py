"""The kiosk's scenes: every page, what it says when nothing is to be had, its modes, and the shapes of screen it stands on."""

from collections.abc import Callable

from edge.web.screens.modes import COOKIE
from tests.browser.browsing import KIOSK
from tests.pictures import situations as s
from tests.pictures.visit import Scene, Visit

LANDSCAPE, TABLET, PORTRAIT_TABLET = (1920, 1080), (1280, 800), (768, 1024)
MODES = ("large", "contrast", "low")

Lead = Callable[[Visit], None]


def languages(visit: Visit) -> None:
    visit.enter("kiosk-1")
    visit.live()


def services(visit: Visit) -> None:
    visit.enter("kiosk-1", f"/{visit.lang}")
    visit.live()


def group(visit: Visit) -> None:
    visit.enter("kiosk-1", f"/{visit.lang}/group/residence")
    visit.live()


def confirm(visit: Visit) -> None:
    _confirm(visit, "passport")


def confirm_long(visit: Visit) -> None:
    _confirm(visit, "divorce")


def confirm_closed(visit: Visit) -> None:
    _confirm(visit, "benefits")


def priority(visit: Visit) -> None:
    visit.enter("kiosk-1", f"/{visit.lang}/service/passport/priority")
    visit.live()


def ticket(visit: Visit) -> None:
    _confirm(visit, "passport")
    _touch(visit, "#take", ".number")


def ticket_priority(visit: Visit) -> None:
    priority(visit)
    _touch(visit, "button.tile >> nth=-1", ".number")


def ticket_long(visit: Visit) -> None:
    visit.enter("kiosk-1", f"/{visit.lang}/service/divorce/priority")
    visit.live()
    _touch(visit, "button.tile >> nth=-1", ".number")


def refused(visit: Visit) -> None:
    """The hall closes under the finger: what comes of the hall waits until it is lifted."""
    before = visit.stage.setting("calendar")
    _confirm(visit, "passport")
    visit.page.hover("#take")
    visit.page.mouse.down()
    s.closed_calendar(visit.stage)
    try:
        visit.page.mouse.up()
        visit.page.locator("main.fault").wait_for()
    finally:
        visit.stage.change(calendar=before)


def helped(visit: Visit) -> None:
    services(visit)
    _touch(visit, "#help", "[data-told]")


def idle(visit: Visit) -> None:
    services(visit)
    visit.page.evaluate("document.getElementById('idle').showModal()")


def away(visit: Visit) -> None:
    confirm(visit)
    visit.page.evaluate("document.getElementById('away').showModal()")


def stale(visit: Visit) -> None:
    """The band as it is half a minute after the last heartbeat; a copy, for the page would take its own away at once."""
    services(visit)
    visit.page.evaluate(
        """() => {
            const band = document.getElementById("band").cloneNode(true);
            band.removeAttribute("id");
            band.hidden = false;
            band.querySelectorAll("[data-slot=time]").forEach((place) => (place.textContent = "12:48"));
            band.querySelectorAll("[data-slot=age]").forEach((place) => (place.textContent = "0:31"));
            document.body.append(band);
        }"""
    )


def missing(visit: Visit) -> None:
    visit.enter("kiosk-1", f"/{visit.lang}/service/nothing")
    visit.live()


def with_modes(lead: Lead, *modes: str) -> Lead:
    """A page in modes that the visitor turned on before (`tests/browser/test_kiosk.py` touches the buttons)."""

    def led(visit: Visit) -> None:
        if modes:
            chosen = ".".join(mode for mode in MODES if mode in modes)
            visit.page.context.add_cookies([{"name": COOKIE, "value": chosen, "domain": "127.0.0.1", "path": "/kiosk/kiosk-1"}])
        lead(visit)

    return led


def _confirm(visit: Visit, code: str) -> None:
    visit.enter("kiosk-1", f"/{visit.lang}/service/{code}")
    visit.live()


def _touch(visit: Visit, what: str, until: str) -> None:
    visit.page.click(what)
    visit.page.locator(until).first.wait_for()


def _scene(name: str, lead: Lead, situation: Callable[..., None] = s.normal, size: tuple[int, int] = KIOSK, **options: bool) -> Scene:
    return Scene(f"kiosk-{name}", size, situation, lead, strict=True, moving=options.get("moving", False), again=options.get("again", False))


PAGES = (("languages", languages), ("services", services), ("confirm", confirm), ("priority", priority), ("ticket", ticket_priority))

KIOSKS: tuple[Scene, ...] = (
    _scene("languages", languages),
    _scene("services", services),
    _scene("confirm", confirm),
    _scene("priority", priority),
    _scene("ticket", ticket),
    _scene("ticket-priority", ticket_priority),
    _scene("help", helped, s.busiest),
    _scene("idle", idle),
    _scene("away", away),
    _scene("stale", stale),
    _scene("missing", missing),
    _scene("refused", refused, s.empty),
    _scene("lunch", services, s.lunch),
    _scene("closed", services, s.closed),
    _scene("before-opening", confirm_closed, s.before_opening),
    _scene("emergency", services, s.emergency),
    _scene("emergency-first", languages, s.emergency),
    _scene("emergency-landscape", services, s.emergency, LANDSCAPE),
    _scene("emergency-small", services, s.emergency, PORTRAIT_TABLET),
    _scene("by-appointment", services, s.by_appointment),
    _scene("groups-long", services, s.long_names),
    _scene("group-long", group, s.long_names),
    _scene("confirm-long", confirm_long, s.long_names),
    _scene("priority-long", priority, s.long_names),
    _scene("ticket-long", ticket_long, s.long_names),
    *(
        _scene(f"{page}-{shape}", lead, s.normal, size, again=(turn + place) % 3 != 0)
        for turn, (shape, size) in enumerate((("landscape", LANDSCAPE), ("tablet", TABLET), ("small", PORTRAIT_TABLET)))
        for place, (page, lead) in enumerate(PAGES)
    ),
    *(
        _scene(f"{page}-{shape}-modes", with_modes(lead, "large", "contrast", "low"), s.normal, size, again=(turn + place) % 2 != 0)
        for turn, (shape, size) in enumerate((("portrait", KIOSK), ("landscape", LANDSCAPE)))
        for place, (page, lead) in enumerate(PAGES)
    ),
    _scene("services-large", with_modes(services, "large")),
    _scene("services-low", with_modes(services, "low")),
    *(
        _scene(f"{page}-{shape}-long-large-low", with_modes(lead, "large", "low"), s.long_names, size)
        for shape, size in (("portrait", KIOSK), ("landscape", LANDSCAPE))
        for page, lead in (("group", group), ("confirm", confirm_long), ("ticket", ticket_long))
    ),
)
