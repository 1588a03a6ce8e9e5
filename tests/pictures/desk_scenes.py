"""The desk's console in every state that it must be good in, alone on a screen and beside another program."""

from collections.abc import Callable

from edge.operations import bookings
from edge.queueing import commands as c
from tests import appointments
from tests.browser.browsing import LAPTOP
from tests.pictures import situations as s
from tests.pictures.stage import Stage
from tests.pictures.visit import Scene, Visit

SMALL, NARROW, WIDE, ZOOMED = (360, 480), (320, 640), (1920, 1080), (683, 384)
Lead = Callable[[Visit], None]


def priority(stage: Stage) -> None:
    """A visitor with a right to priority has been called twice, another was sent to this desk; one has been on hold too long."""
    stage.crowd(9, "passport", "birth")
    stage.issue("passport", category="veteran")
    stage.act(c.CallNext("3"), c.Transfer("3", to_desk="1"), c.CallNext("1"), c.Recall("1"))


def ordinary(stage: Stage) -> None:
    """Desk 1 is free while people wait; some are on hold or missed."""
    s.normal(stage)
    stage.act(c.Finish("1"))


def of(desk: str) -> Lead:
    def lead(visit: Visit) -> None:
        visit.enter(f"desk-{desk}")
        visit.live()

    return lead


def panel(name: str, desk: str = "1") -> Lead:
    def lead(visit: Visit) -> None:
        of(desk)(visit)
        visit.page.click(f"#do-{name}")
        visit.page.locator("#panel[open] #panel-title").wait_for()

    return lead


def page_of(name: str) -> Lead:
    return lambda visit: visit.enter("desk-1", f"/{name}")


def tired(stage: Stage) -> None:
    """A visitor was called four times and nobody came."""
    ordinary(stage)
    stage.act(c.CallNext("1"), *[c.Recall("1")] * 3)


def bookings_of_day(visit: Visit) -> None:
    """Some are still to come, one is here, one did not come, one was cancelled by the visitor."""
    ctx = visit.stage.ctx
    if not ctx.hall.bookings:
        found = [appointments.appointment(ctx, minutes, service) for minutes, service in ((-40, "birth"), (10, "passport"), (95, "benefits"))]
        bookings.check_in(ctx, found[1].code, via="kiosk-1", actor="device:kiosk-1")
        for number in range(4):
            appointments.book(ctx, f"ID123456{number}", "address", number)
    visit.enter("desk-1", "/bookings")


def booking(minutes: int, below: str = "") -> Lead:
    def lead(visit: Visit) -> None:
        visit.enter("desk-1", f"/bookings/of/{appointments.appointment(visit.stage.ctx, minutes).code}{below}")

    return lead


def booking_unknown(visit: Visit) -> None:
    visit.enter("desk-1", "/bookings")
    visit.page.fill("#code", "AAAAAA")
    visit.page.click("#find")
    visit.page.locator("[role=alert]").wait_for()


def booking_new(visit: Visit) -> None:
    visit.enter("desk-1", "/bookings/new/passport")


def refused(visit: Visit) -> None:
    """Somebody else closed the desk before the page heard of it."""
    of("1")(visit)
    visit.page.evaluate("document.querySelector('form[data-action=next]').setAttribute('hx-post', location.pathname + '/start')")
    visit.page.evaluate("htmx.process(document.querySelector('form[data-action=next]'))")
    visit.page.click("#do-next")
    visit.page.locator(".said .bad").wait_for()


def unheard(visit: Visit) -> None:
    of("1")(visit)
    visit.page.context.set_offline(True)
    visit.page.click("#do-next")
    visit.page.locator(".said.unheard .message.bad").wait_for()


def logged_in(visit: Visit) -> None:
    of("1")(visit)
    log_in(visit, "1")


def log_in(visit: Visit, desk: str) -> None:
    member = visit.stage.staff["operator"]
    visit.enter(f"desk-{desk}", "/login")
    visit.page.fill("#login", member["login"])
    visit.page.fill("#pin", member["pin"])
    visit.page.press("#pin", "Enter")
    visit.page.locator("#middle").wait_for()


def moved(visit: Visit) -> None:
    log_in(visit, "1")
    log_in(visit, "3")
    of("1")(visit)


def login_wanted(stage: Stage) -> None:
    """The centre wants a clerk to be logged in."""
    s.normal(stage)
    stage.change(centre={**stage.setting("centre"), "clerk_login": True})


def lunch_open(stage: Stage) -> None:
    """The hall has its lunch, and this desk was left open."""
    s.lunch(stage)
    stage.act(c.Open("2"))


DESKS: tuple[Scene, ...] = (
    Scene("desk-empty", LAPTOP, s.empty, of("1")),
    Scene("desk-free", LAPTOP, ordinary, of("1")),
    Scene("desk-free-small", SMALL, ordinary, of("1")),
    Scene("desk-called", LAPTOP, s.normal, of("1")),
    Scene("desk-called-small", SMALL, s.normal, of("1")),
    Scene("desk-serving", LAPTOP, s.normal, of("2")),
    Scene("desk-serving-small", SMALL, s.normal, of("2")),
    Scene("desk-priority", LAPTOP, priority, of("1")),
    Scene("desk-priority-narrow", NARROW, priority, of("1")),
    Scene("desk-lunch", LAPTOP, s.lunch, of("1")),
    Scene("desk-lunch-free", LAPTOP, lunch_open, of("2")),
    Scene("desk-busiest", WIDE, s.busiest, of("1")),
    Scene("desk-busiest-small", SMALL, s.busiest, of("2")),
    Scene("desk-busiest-aside", LAPTOP, s.busiest, panel("aside")),
    Scene("desk-long-names", LAPTOP, s.long_names, of("1")),
    Scene("desk-long-names-small", SMALL, s.long_names, of("1")),
    Scene("desk-long-names-zoomed", ZOOMED, s.long_names, of("1")),
    Scene("desk-hold", LAPTOP, s.normal, panel("hold")),
    Scene("desk-hold-small", SMALL, s.normal, panel("hold")),
    Scene("desk-transfer", LAPTOP, s.normal, panel("transfer")),
    Scene("desk-transfer-small", SMALL, s.long_names, panel("transfer")),
    Scene("desk-cancel", LAPTOP, s.normal, panel("cancel")),
    Scene("desk-pick", LAPTOP, ordinary, panel("pick")),
    Scene("desk-pick-page", SMALL, ordinary, page_of("pick")),
    Scene("desk-aside", LAPTOP, ordinary, panel("aside")),
    Scene("desk-visit", LAPTOP, s.visits, of("1")),
    Scene("desk-visit-small", SMALL, s.visits, of("1")),
    Scene("desk-ending", LAPTOP, s.visits, panel("next")),
    Scene("desk-ending-small", SMALL, s.visits, panel("next")),
    Scene("desk-step", LAPTOP, s.visits, panel("step")),
    Scene("desk-proofs", LAPTOP, s.visits, panel("proofs")),
    Scene("desk-visit-aside", LAPTOP, s.visits, panel("aside")),
    Scene("desk-tired", LAPTOP, tired, of("1")),
    Scene("desk-tired-small", SMALL, tired, of("1")),
    Scene("desk-keys", LAPTOP, ordinary, panel("keys")),
    Scene("desk-paused", LAPTOP, s.paused, of("1")),
    Scene("desk-paused-small", SMALL, s.paused, of("1")),
    Scene("desk-paused-serving", LAPTOP, s.paused, of("2")),
    Scene("desk-closed", LAPTOP, s.closed, of("1")),
    Scene("desk-emergency", LAPTOP, s.emergency, of("3")),
    Scene("desk-emergency-small", SMALL, s.emergency, of("2")),
    Scene("desk-refused", LAPTOP, ordinary, refused),
    Scene("desk-unheard", SMALL, ordinary, unheard, moving=True),
    Scene("desk-clerk", LAPTOP, ordinary, logged_in),
    Scene("desk-moved", SMALL, ordinary, moved),
    Scene("desk-login-wanted", LAPTOP, login_wanted, of("1")),
    Scene("desk-login-wanted-small", SMALL, login_wanted, of("1")),
    Scene("desk-bookings", LAPTOP, s.normal, bookings_of_day, whole=True),
    Scene("desk-bookings-small", SMALL, s.long_names, bookings_of_day, whole=True),
    Scene("desk-bookings-unknown", LAPTOP, s.normal, booking_unknown),
    Scene("desk-booking-early", LAPTOP, s.normal, booking(200), whole=True),
    Scene("desk-booking-over", NARROW, s.normal, booking(-50), whole=True),
    Scene("desk-booking-move", LAPTOP, s.normal, booking(200, "/move"), whole=True),
    Scene("desk-booking-new", LAPTOP, s.normal, booking_new, whole=True),
    Scene("desk-booking-new-small", NARROW, s.long_names, booking_new, whole=True),
)
