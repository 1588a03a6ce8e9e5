"""What desks do: actions of consoles and supervisors, presses of hardware keys.

Two desks asking at once are decided one after the other on the hall as it then is; a repeated key or press id has one effect.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from edge.errors import Unavailable, Unknown
from edge.operations import views
from edge.operations.context import Context
from edge.operations.decision import Decision, Done, Once, deciding
from edge.operations.displays import Displays, Shown, rev_of
from edge.operations.views import View
from edge.queueing import commands
from edge.queueing.decide import Outcome, Result, decide
from edge.queueing.desk import Key
from edge.queueing.hall import Hall
from edge.queueing.ticket import TicketState
from edge.store import queries

STALE_AFTER = timedelta(seconds=10)  # `contract/mqtt.md`: a press older than this calls no one


@dataclass(frozen=True, slots=True)
class PressRequest:
    """A key of a button; ``ts`` is the device's own clock, aware UTC, or None."""

    id: str
    key: Key
    ts: datetime | None = None


def act(ctx: Context, command: commands.DeskCommand, *, actor: str, once: Once | None = None) -> Done:
    """Carry out one desk action; ``answer`` is `views.desk` and ``result``.

    Raises Refused, Unknown, KeyReused, Unavailable; then nothing happened and the key stays unused.
    """
    with deciding(ctx, actor) as decision:
        answer = decision.recall(once)
        turn = decision.turn
        if answer is not None:
            return Done(None, turn.hall, turn.tick, answer, first=False)
        if isinstance(command, commands.Pick | commands.Resume | commands.JudgeWaiting):
            _require_known(ctx, turn.hall, command.ticket)
        outcome = decide(turn, command)
        shown = views.desk(turn.hall, command.desk, turn.tick, rev_of(turn.hall), ctx.boot_id)
        answer = views.text({**shown, "result": outcome.result})
        decision.remember(once, answer)
        return Done(outcome, turn.hall, turn.tick, answer, first=True)


def view(ctx: Context, displays: Displays, name: str) -> View:
    """Return `GET desks/<desk>`. Raises Unknown."""
    hall = ctx.hall
    hall.desk(name)
    body = displays.body(Shown.DESK, name)
    return views.desk(hall, name, ctx.tick(), body["rev"] if body else rev_of(hall), ctx.boot_id)


def views_of_all(ctx: Context, displays: Displays) -> list[View]:
    """Return `GET desks`."""
    return [view(ctx, displays, name) for name in ctx.hall.desks]


def press(ctx: Context, device: str, request: PressRequest) -> View:
    """Decide what a press of ``device`` does. Returns the fields of `ack` without ``v`` and ``ts``.

    The id is looked up before guard and lateness; every answer but ``busy`` is remembered with its effect.
    """
    return _answered_once(ctx, device, request.id, lambda decision, desk: _decided(ctx, decision, desk, request))


def last_press(ctx: Context, device: str) -> str | None:
    """Return the id of the newest press of ``device`` that is remembered, None when none is."""
    return queries.newest_key(ctx.database, f"press:{device}")


def bad(ctx: Context, device: str, event_id: str) -> View:
    """Answer an event with a readable id that says nothing we know; nothing changes and nothing is remembered."""
    return _ack(ctx.hall, event_id, Result.BAD, None, _bound_desk(ctx.hall, device))


def reported(ctx: Context, device: str, event_id: str, what: str) -> View:
    """Take an event that says what is wrong with the device's paper or printer: an alert; the id is remembered like a press."""
    return _answered_once(ctx, device, event_id, lambda decision, _desk: decide(decision.turn, commands.RaiseAlert(what, device)))


def _require_known(ctx: Context, hall: Hall, reference: str) -> None:
    """A ticket that is over is refused by the rule; one that never was is no ticket. Raises Unknown."""
    if hall.find_open(reference) is None and not queries.is_ticket(ctx.database, reference, hall.day.day if hall.day else ""):
        raise Unknown(f"ticket {reference!r} does not exist", field="ticket")


def _answered_once(ctx: Context, device: str, event_id: str, decided: Callable[[Decision, str | None], Outcome]) -> View:
    """Decide an event unless its id was answered before; the answer becomes durable together with its effect."""
    once = Once(f"press:{device}", event_id, "")
    try:
        with deciding(ctx, f"device:{device}") as decision:
            desk = _bound_desk(decision.turn.hall, device)
            known = decision.recall(once)
            if known is not None:
                first, _, first_number = known.partition(" ")
                return {**_ack(decision.turn.hall, event_id, Result.DUP, first_number or None, desk), "first": first}
            outcome = decided(decision, desk)
            number = outcome.ticket.number if outcome.ticket else None
            decision.remember(once, f"{outcome.result} {number or ''}".strip())
            return _ack(decision.turn.hall, event_id, outcome.result, number, desk)
    except Unavailable:
        return _ack(ctx.hall, event_id, Result.BUSY, None, _bound_desk(ctx.hall, device))


def _decided(ctx: Context, decision: Decision, desk: str | None, request: PressRequest) -> Outcome:
    hall = decision.turn.hall
    if desk is None:
        return Outcome(Result.DENIED)
    if request.ts is not None and _is_late(ctx, request.ts):
        return Outcome(Result.STALE, hall.at_desk(desk))
    return decide(decision.turn, commands.Press(desk, request.key, decision.since_move_ms(desk)))


def _is_late(ctx: Context, ts: datetime) -> bool:
    return ts < ctx.started_at or ctx.clock.wall() - ts > STALE_AFTER


def _bound_desk(hall: Hall, device: str) -> str | None:
    found = hall.devices.get(device)
    return found.desk if found and found.active and found.desk in hall.desks else None


def _ack(hall: Hall, event_id: str, result: Result, ticket: str | None, desk: str | None) -> View:
    return {"event_id": event_id, "result": result, "ticket": ticket, "led": _led(hall, desk)}


def _led(hall: Hall, desk: str | None) -> str:
    ticket = hall.at_desk(desk) if desk else None
    if ticket is None:
        return "off"
    return "blink" if ticket.state is TicketState.CALLED else "steady"
