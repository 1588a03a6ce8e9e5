"""Instants as people read them: 24 hours, in the centre's zone, the same digits in every language."""

from datetime import datetime
from zoneinfo import ZoneInfo

from edge.web.site import site


def moment(instant: str | None = None) -> str:
    """Return `HH:MM` of an ISO instant (None: now); of another day with `DD.MM` before it."""
    ctx = site().ctx
    zone = ZoneInfo(ctx.hall.policy.centre.tz)
    now = ctx.clock.wall().astimezone(zone)
    at = datetime.fromisoformat(instant).astimezone(zone) if instant else now
    return f"{at:%H:%M}" if at.date() == now.date() else f"{at:%d.%m %H:%M}"
