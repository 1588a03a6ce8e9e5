"""When `evolve` learns: from a desk's move that nobody can take back any more, from who comes with a right, from a day that is over.

Each returns the hall with what was learned, and the lessons that are new. What is learned: `learned`.
"""

from dataclasses import replace

from edge.queueing.day import Day, second_at, working_left
from edge.queueing.desk import LastMove
from edge.queueing.hall import Hall
from edge.queueing.hours import Calendar
from edge.queueing.learned import HOURS, Lesson, Worked, after_day, came, from_move
from edge.queueing.ordering import standing_of_newcomer
from edge.queueing.ticket import Ticket

Taught = tuple[Hall, tuple[Lesson, ...]]


def of_move(hall: Hall, move: LastMove | None) -> Taught:
    """Learn from a desk's move that stands for good."""
    if move is None or hall.day is None:
        return hall, ()
    return _with(hall, from_move(hall.learned, hall.policy, move, _worked(hall.day, hall.policy.calendar)))


def _worked(day: Day, calendar: Calendar) -> Worked:
    """Return the hours of a day; asked for with every call, so the newest are kept."""
    global _hours  # noqa: PLW0603 -- like lru_cache, but by identity: a calendar is no key
    if _hours[0] is not day or _hours[1] is not calendar:
        _hours = (day, calendar, Worked(working_left(day, calendar, 0)))
    return _hours[2]


_hours: tuple[Day | None, Calendar | None, Worked] = (None, None, Worked(()))


def of_arrival(hall: Hall, ticket: Ticket) -> Taught:
    """Count a walk-in with a right to priority into the local hour of now."""
    if ticket.category is None or ticket.booked or ticket.expected is None or hall.day is None:
        return hall, ()
    if standing_of_newcomer(ticket.category, hall.policy) is hall.policy.ordering.ordinary:
        return hall, ()
    return _with(hall, [came(hall.learned, ticket.service, ticket.category, second_at(hall.day, ticket.arrival) // 3600 % HOURS)])


def of_day(hall: Hall) -> Taught:
    """Learn from every desk's last move, and count who came today into the usual day, if anybody came."""
    taught: list[Lesson] = []
    for desk in hall.desks.values():
        hall, found = of_move(hall, desk.last_move)
        taught += found
    hall, flows = _with(hall, after_day(hall.learned) if hall.issued else [])
    return hall, (*taught, *flows)


def _with(hall: Hall, lessons: list[Lesson]) -> Taught:
    return (replace(hall, learned=hall.learned.taught(*lessons)), tuple(lessons)) if lessons else (hall, ())
