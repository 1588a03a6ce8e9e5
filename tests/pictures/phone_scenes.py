"""The visitor's page in every state, as a phone of the usual size and a narrow one see it."""

import json
from collections.abc import Callable

from edge.operations import bookings, track
from edge.queueing import commands as c
from edge.queueing.ticket import Ticket, TicketState
from tests import appointments
from tests.pictures import situations as s
from tests.pictures.stage import Stage
from tests.pictures.visit import Scene, Visit

POCKET, NARROW = (360, 740), (320, 568)


def show(visit: Visit, ticket: str, below: str = "") -> None:
    """Open the page of a ticket on the visitor face."""
    address = str(visit.stage.described["visitor"]) + track.url(visit.stage.ctx.keys, ticket)
    visit.page.goto(f"{address}{below}?lang={visit.lang}")


def first(wanted: Callable[[Ticket], bool], below: str = "") -> Callable[[Visit], None]:
    """Show the first open ticket that is wanted."""
    return lambda visit: show(visit, next(each.id for each in visit.stage.ctx.hall.tickets.values() if wanted(each)), below)


def last(visit: Visit) -> None:
    """Show who came last, behind everybody."""
    show(visit, max(visit.stage.ctx.hall.waiting(), key=lambda each: each.order).id)


def in_state(state: TicketState) -> Callable[[Visit], None]:
    return first(lambda each: each.state is state)


def finished(visit: Visit) -> None:
    ticket = visit.stage.issue("ready")["id"]
    visit.stage.do(c.Withdraw(ticket, "visitor"))
    show(visit, ticket)


def refused(stage: Stage) -> None:
    """A right to priority was called ahead and had no proof; its visitor waits in turn."""
    stage.crowd(8, "passport")
    stage.issue("passport", category="special-needs")
    stage.act(c.Pick("1", next(each.number for each in stage.ctx.hall.waiting() if each.category == "special-needs"), "asked for"))
    stage.act(c.JudgeCategory("1", confirmed=False))


def late(stage: Stage) -> None:
    """Half of the desks went to lunch after these had come."""
    stage.crowd(30)
    stage.act(*(c.Pause(desk) for desk in ("1", "2", "5", "6")))


def offline(visit: Visit) -> None:
    last(visit)
    visit.page.context.set_offline(True)
    visit.page.evaluate("document.dispatchEvent(new Event('visibilitychange'))")
    visit.page.locator("#old").wait_for()


def unknown(visit: Visit) -> None:
    visit.page.goto(f"{visit.stage.described['visitor']}/t/nothing")


def booked(minutes: int) -> Callable[[Visit], None]:
    """Show the ticket of an appointment that begins so many minutes from now."""

    def lead(visit: Visit) -> None:
        ctx = visit.stage.ctx
        code = appointments.appointment(ctx, minutes).code
        done = bookings.check_in(ctx, code, via="kiosk-1", actor="device:kiosk-1")
        show(visit, json.loads(done.answer)["id"])

    return lead


WAITING, CALLED, SERVING, HELD, MISSED = (TicketState(each) for each in ("waiting", "called", "serving", "held", "missed"))

PHONES: tuple[Scene, ...] = (
    Scene("phone-waiting", POCKET, s.normal, last, whole=True),
    Scene("phone-near", POCKET, s.normal, in_state(WAITING), whole=True),
    Scene("phone-called", POCKET, s.normal, in_state(CALLED), whole=True),
    Scene("phone-serving", POCKET, s.normal, in_state(SERVING), whole=True),
    Scene("phone-held", POCKET, s.normal, in_state(HELD), whole=True),
    Scene("phone-missed", POCKET, s.normal, in_state(MISSED), whole=True),
    Scene("phone-cancelled", POCKET, s.normal, finished, whole=True),
    Scene("phone-ask", POCKET, s.normal, first(lambda each: each.state is WAITING, "/cancel"), whole=True),
    Scene("phone-rules", POCKET, s.normal, first(lambda each: each.state is WAITING, "/rules"), whole=True),
    Scene("phone-busiest", POCKET, s.busiest, last, whole=True),
    Scene("phone-late", POCKET, late, last, whole=True),
    Scene("phone-lunch", POCKET, s.lunch, last, whole=True),
    Scene("phone-paused", POCKET, s.paused, last, whole=True),
    Scene("phone-emergency", POCKET, s.emergency, in_state(WAITING), whole=True),
    Scene("phone-long", NARROW, s.long_names, last, whole=True),
    Scene("phone-long-called", NARROW, s.long_names, in_state(CALLED), whole=True),
    Scene("phone-offline", POCKET, s.normal, offline, whole=True, moving=True),
    Scene("phone-unknown", POCKET, s.normal, unknown, whole=True),
    Scene("phone-visit", POCKET, s.visits, first(lambda each: bool(each.steps))),
    Scene("phone-refused", POCKET, refused, first(lambda each: each.confirmed is False), whole=True),
    Scene("phone-booked", POCKET, s.normal, booked(20), whole=True),
    Scene("phone-booked-late", POCKET, s.normal, booked(-20), whole=True),
    Scene("phone-standby", POCKET, s.standby, last, whole=True),
)
