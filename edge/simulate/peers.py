"""What other systems tell a visitor, and when they stop giving tickets; restated from what their files do, for comparison only.

``said``: the waiting people ahead times one average visit over the open desks, 0.8 of it at best and all of it at worst, the first as many as there
are desks not counted at best. ``is_full``: no more tickets than the minutes to closing over a norm allow, less those who booked.
"""

from typing import TYPE_CHECKING

from edge.queueing.booking import BookingState
from edge.queueing.day import tick_of, working_left
from edge.queueing.desk import DeskState
from edge.queueing.hall import Hall
from edge.queueing.offer import ahead_of_newcomer

if TYPE_CHECKING:
    from edge.simulate.day import Centre

AVERAGE_S = 600  # one number for the whole centre, as it is configured there
OPTIMISM = 0.8


def said(hall: Hall, service: str, tick: int) -> tuple[float, float]:
    """Return the seconds between which the visitor would be told to wait."""
    desks = sum(hall.desks[plan.desk].state is DeskState.OPEN for plan in hall.policy.desks_of(service)) or len(hall.policy.desks_of(service))
    ahead = ahead_of_newcomer(hall, service, tick)
    slot = AVERAGE_S / desks
    return OPTIMISM * slot * max(0, ahead - desks), slot * ahead


def is_full(centre: "Centre", service: str, tick: int) -> bool:
    """Tell whether a walk-in is turned away by a norm of minutes per visitor."""
    if centre.rule.cut_off != "norm" or centre.hall.day is None:
        return False
    hall, day = centre.hall, centre.hall.day
    desks = hall.policy.desks_of(service)
    left = sum(end - start for start, end in working_left(day, hall.policy.calendar, tick))
    booked = sum(each.state is BookingState.CONFIRMED and tick_of(day, each.start) > tick for each in hall.bookings.values())
    share = len(desks) / len(hall.policy.desks)
    return ahead_of_newcomer(hall, service, tick) + booked * share + 1 > len(desks) * left / AVERAGE_S
