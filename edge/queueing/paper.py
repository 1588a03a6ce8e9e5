"""What is on paper: tickets that were printed again or could not be, and the emergency block.

The block is numbered slips that are printed beforehand, handed out while nothing works, and keyed in afterwards in the paper's order.
A slip's letter belongs to no service, and each slip is printed once, so that no number is ever in two hands. What was taken on paper is marked
inaccurate: nobody knows its times.
"""

from edge.errors import Refused, Unknown
from edge.queueing import commands as c
from edge.queueing import events as e
from edge.queueing.hall import Hall
from edge.queueing.numbering import LAST, LETTERS, lettered, parts, written
from edge.queueing.turn import Outcome, Result, Turn, named

MOST_AT_ONCE = 1000
VIA = "paper"


def print_block(turn: Turn, command: c.PrintBlock) -> Outcome:
    """Set numbers aside for ``count`` slips, after those printed before. Raises Refused when no letter has so many left."""
    if not 1 <= command.count <= MOST_AT_ONCE:
        raise Refused(f"a block of {command.count} slips cannot be printed: 1 to {MOST_AT_ONCE} are possible", code="block_size")
    letter = _letter(turn.hall, command.count)
    first = turn.hall.blocks.get(letter, 0) + 1
    turn.emit(e.BlockPrinted(letter=letter, first=first, last=first + command.count - 1, tick=turn.tick))
    return Outcome(Result.OK)


def of_paper(turn: Turn, command: c.Reprint | c.NotePrintFailure) -> Outcome:
    """Note a reprint, or that a ticket is not on paper. Raises Refused for a reprint of a ticket that is over."""
    match command:
        case c.Reprint(reference, printer, copy):
            ticket = named(turn.hall, reference)
            turn.emit(e.TicketReprinted(ticket=ticket.id, printer=printer, copy=copy, tick=turn.tick))
            return Outcome(Result.OK, ticket)
        case c.NotePrintFailure(ticket_id, printer, why, copy, sent):
            turn.emit(e.TicketPrintFailed(ticket=ticket_id, printer=printer, why=why, copy=copy, sent=sent, tick=turn.tick))
            return Outcome(Result.OK)


def _letter(hall: Hall, count: int) -> str:
    """Return the letter of the settings, or the last of the alphabet that no service has; behind the prefix of a restored box."""
    wanted = hall.policy.visits.block_letter
    taken = {service.letter[0] for service in hall.policy.services.values() if service.letter}
    prefix = hall.policy.restored.prefix if hall.policy.restored else ""
    for letter in wanted or reversed(LETTERS):
        whole = lettered(letter, prefix)
        if (wanted or letter not in taken) and hall.blocks.get(whole, 0) + count <= LAST:
            return whole
    raise Refused(f"no letter has {count} numbers left for slips", code="full")


def key_in(turn: Turn, command: c.KeyIn) -> Outcome:
    """Issue tickets for slips in the order of the paper, as if taken when the paper began.

    They go before everybody who came later and behind everybody who came before. Raises Refused (no day, a slip that was never printed or is keyed
    in already, a time to come) or Unknown (service, category); then none of them is issued.
    """
    hall = turn.hall
    if hall.day is None:
        raise Refused("slips cannot be keyed in: no day is open", code="day_state")
    if command.began > turn.tick:
        raise Refused("slips cannot be keyed in: the time when the paper began is still to come", code="paper_time")
    numbers = [slip.number for slip in command.slips]
    for slip in command.slips:
        _require_slip(hall, slip, numbers)
    for slip in sorted(command.slips, key=lambda slip: parts(slip.number)):
        turn.emit(
            e.TicketIssued(
                ticket=slip.ticket,
                number=slip.number,
                day=hall.day.day,
                service=slip.service,
                category=slip.category,
                lang=command.lang,
                booking=None,
                via=VIA,
                steps=hall.policy.services[slip.service].steps,
                arrived=max(0, command.began),
                tick=turn.tick,
            )
        )
    return Outcome(Result.OK)


def _require_slip(hall: Hall, slip: c.Slip, numbers: list[str]) -> None:
    letter, count = parts(slip.number)
    if not 1 <= count <= hall.blocks.get(letter, 0) or slip.number != written(letter, count):
        raise Refused(f"slip {slip.number!r} cannot be keyed in: no such slip was printed", code="no_slip")
    if numbers.count(slip.number) > 1 or hall.find_open(slip.number):
        raise Refused(f"slip {slip.number} cannot be keyed in twice", code="slip_used")
    hall.leaf(slip.service)
    if slip.category is not None and slip.category not in hall.policy.categories:
        known = ", ".join(hall.policy.categories) or "none"
        raise Unknown(f"category {slip.category!r} does not exist; known are {known}", field="category")
