"""The kiosk's scenes: every page, what it says when nothing is to be had, its modes, and the shapes of screen it stands on."""

from collections.abc import Callable

from edge.operations import bookings, track
from edge.web.screens.modes import COOKIE
from tests import appointments
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


PAPER = "#paper:not([data-printing])"  # the demo's printer takes a moment


def ticket(visit: Visit) -> None:
    _confirm(visit, "passport")
    _touch(visit, "#take", PAPER)


def ticket_priority(visit: Visit) -> None:
    priority(visit)
    _touch(visit, "button.tile >> nth=-1", PAPER)


def no_paper(visit: Visit) -> None:
    """The ticket of a printer that has no paper."""
    issued = s.unprinted(visit.stage)
    _open(visit, f"/ticket/{issued['track_url'].rpartition('/')[2]}")


def ticket_long(visit: Visit) -> None:
    visit.enter("kiosk-1", f"/{visit.lang}/service/divorce/priority")
    visit.live()
    _touch(visit, "button.tile >> nth=-1", PAPER)


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


def _open(visit: Visit, path: str) -> None:
    visit.enter("kiosk-1", f"/{visit.lang}{path}")
    visit.live()


def check_in_code(visit: Visit) -> None:
    _open(visit, "/check-in")
    for key in "AB2":
        visit.page.click(f"#key-{key}")


def unknown_code(visit: Visit) -> None:
    _open(visit, "/check-in")
    visit.page.keyboard.type("AAAAAA")
    visit.page.click("#go")
    visit.page.locator("#typed-error").wait_for()


def met(minutes: int, service: str = "passport") -> Lead:
    """What the code of an appointment means that begins so many minutes from now."""
    return lambda visit: _open(visit, f"/appointment/{appointments.appointment(visit.stage.ctx, minutes, service).code}")


def met_cancelled(visit: Visit) -> None:
    found = appointments.appointment(visit.stage.ctx, 600)
    bookings.cancel(visit.stage.ctx, found.code, by="visitor", actor="device:kiosk-1")
    _open(visit, f"/appointment/{found.code}")


def checked_in(minutes: int, *, expired: bool = False) -> Lead:
    """The ticket of an appointment that begins so many minutes from now."""

    def lead(visit: Visit) -> None:
        code = appointments.appointment(visit.stage.ctx, minutes).code
        bookings.check_in(visit.stage.ctx, code, via="kiosk-1", actor="device:kiosk-1", expired=expired)
        (ticket,) = [each for each in visit.stage.ctx.hall.bookings.values() if each.code == code]
        token = track.url(visit.stage.ctx.keys, str(ticket.ticket)).rpartition("/")[2]
        _open(visit, f"/ticket/{token}")

    return lead


def book(visit: Visit) -> None:
    _open(visit, "/book")


def book_day(visit: Visit) -> None:
    _open(visit, "/book/passport")


def book_time(visit: Visit) -> None:
    day = bookings.days(visit.stage.ctx, "passport")[1][0]
    _open(visit, f"/book/passport/{day}")


def book_person(visit: Visit) -> None:
    start = bookings.nearest(visit.stage.ctx, "passport", most=40)[-1]["start"]
    _open(visit, f"/book/passport/at/{start}")
    visit.page.keyboard.type("AN12345")


def booked(visit: Visit) -> None:
    _open(visit, f"/booked/{appointments.appointment(visit.stage.ctx, 1500).code}")


def booking(visit: Visit) -> None:
    _open(visit, f"/booking/{appointments.appointment(visit.stage.ctx, 1500).code}")


def cancel_booking(visit: Visit) -> None:
    _open(visit, f"/booking/{appointments.appointment(visit.stage.ctx, 1500).code}/cancel")


def book_taken(visit: Visit) -> None:
    """The time is sold to others while the visitor types."""
    ctx = visit.stage.ctx
    slot = bookings.nearest(ctx, "birth", most=40)[-1]
    _open(visit, f"/book/birth/at/{slot['start']}")
    for number in range(int(slot["left"])):
        bookings.book(ctx, service="birth", slot=slot["slot"], person=f"{slot['slot']} {number}", lang="ru", via="x", actor="system")
    visit.page.keyboard.type("AN7777777")
    _touch(visit, "#go", "#at-1")


def book_twice(visit: Visit) -> None:
    ctx = visit.stage.ctx
    person = "ID9999999"
    if not any(each.service == "benefits" for each in ctx.hall.bookings.values()):
        slot = bookings.nearest(ctx, "benefits")[0]["slot"]
        bookings.book(ctx, service="benefits", slot=slot, person=person, lang="ru", via="x", actor="system")
    _open(visit, f"/book/benefits/at/{bookings.nearest(ctx, 'benefits')[0]['start']}")
    visit.page.keyboard.type(person)
    _touch(visit, "#go", "#change")


def instead(visit: Visit) -> None:
    _open(visit, "/service/passport")


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


APPOINTMENTS = (("services", services), ("code", check_in_code), ("person", book_person), ("booked", booked))

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
        _scene(f"ticket-no-paper{shape}", no_paper, s.normal, size)
        for shape, size in (("", KIOSK), ("-landscape", LANDSCAPE), ("-small", PORTRAIT_TABLET))
    ),
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
    _scene("check-in", check_in_code),
    _scene("check-in-unknown", unknown_code),
    _scene("on-time", met(5)),
    _scene("early", met(200)),
    _scene("early-day", met(4000)),
    _scene("late", met(-20)),
    _scene("too-late", met(-60)),
    _scene("appointment-cancelled", met_cancelled),
    _scene("ticket-booked", checked_in(5)),
    _scene("ticket-late", checked_in(-20)),
    _scene("ticket-too-late", checked_in(-60, expired=True)),
    _scene("book", book),
    _scene("book-day", book_day),
    _scene("book-time", book_time),
    _scene("book-person", book_person),
    _scene("booked", booked),
    _scene("booking", booking),
    _scene("booking-cancel", cancel_booking),
    _scene("book-taken", book_taken, s.empty),
    _scene("book-twice", book_twice, s.empty),
    _scene("instead", instead, s.by_appointment),
    _scene("standby", confirm, s.standby),
    _scene("standby-ticket", ticket, s.standby),
    _scene("full", services, s.full),
    _scene("full-instead", instead, s.full),
    _scene("tokens", services, s.tokens),
    _scene("tokens-confirm", confirm, s.tokens),
    _scene("before-tokens", services, s.before_tokens),
    _scene("only-services", services, s.appointments_only),
    _scene("only-instead", instead, s.appointments_only),
    _scene("only-services-long", services, s.appointments_only_long),
    _scene("only-instead-long", instead, s.appointments_only_long),
    _scene("only-book-long", book, s.appointments_only_long),
    _scene("early-long", met(200, "birth"), s.appointments_only_long),
    *(_scene(f"only-{page}-landscape", lead, s.appointments_only, LANDSCAPE) for page, lead in APPOINTMENTS),
    *(_scene(f"only-{page}-small", lead, s.appointments_only, PORTRAIT_TABLET) for page, lead in APPOINTMENTS),
    *(_scene(f"only-{page}-portrait-modes", with_modes(lead, "large", "contrast", "low"), s.appointments_only) for page, lead in APPOINTMENTS),
)
