"""Who may change a booking. A day's national bookings pass to the centre on the evening before, and are its own once its cursor covers the items.

Rights do not move with them. Until the receipt this side may still change a booking that was handed over; afterwards it only asks.
"""

from datetime import datetime, timedelta

from edge.sync.reference import bookings, settings, slots, standing, timetable
from edge.sync.reference.books import Booking
from edge.sync.reference.models import Centre

EVENING = 18  # the local hour from which tomorrow's bookings are the centre's


def hand_over(row: Centre, now: datetime) -> None:
    """Put the bookings of the days that are the centre's from now on into its custody. Once a day it does something."""
    kept = standing.of(row.centre)
    zone = timetable.zone(settings.of(row.centre))
    local = now.astimezone(zone)
    until = local.date() + timedelta(days=1 if local.hour >= EVENING else 0)
    if kept.handed_day >= until.isoformat():
        return
    kept.handed_day = until.isoformat()
    kept.save()
    midnight = datetime(until.year, until.month, until.day, tzinfo=zone) + timedelta(days=1)
    handed = Booking.select().where(
        Booking.centre == row.centre,
        Booking.state == "confirmed",
        Booking.right == "national",
        Booking.custody == "national",
        Booking.start_ms < slots.ms(midnight),
        Booking.start_ms > slots.ms(now - timedelta(days=1)),
    )
    for booking in list(handed):
        booking.custody = "edge"
        bookings.put(row, booking, now)
        booking.save()
