"""Instants as people read them: 24 hours, in the centre's zone, the same digits in every language; days with their weekday.

The locale data's own short dates are never used: the Kyrgyz 9/2/26 may be read as two different days.
"""

from collections.abc import Mapping
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from babel.dates import format_date

from edge.web.site import site

NEAR = timedelta(hours=6)  # nobody mistakes the day of an hour that is no farther off, on either side of midnight
_PATTERNS: Mapping[str, str] = {"ky": "d-MMMM, EEEE", "ru": "EEEE, d MMMM", "kk": "d MMMM, EEEE", "en": "EEEE, d MMMM"}


def moment(instant: str | None = None) -> str:
    """Return `HH:MM` of an ISO instant (None: now); with `DD.MM` before it when it is of another day and not near."""
    ctx = site().ctx
    zone = ZoneInfo(ctx.hall.policy.centre.tz)
    now = ctx.clock.wall().astimezone(zone)
    at = datetime.fromisoformat(instant).astimezone(zone) if instant else now
    return f"{at:%H:%M}" if at.date() == now.date() or abs(at - now) < NEAR else f"{at:%d.%m %H:%M}"


def span(start: str, end: str) -> str:
    """Return the range between two ISO instants, less than a day apart: `HH:MM–HH:MM`, with the day before it as `moment` has it."""  # noqa: RUF002
    zone = ZoneInfo(site().ctx.hall.policy.centre.tz)
    return f"{moment(start)}–{datetime.fromisoformat(end).astimezone(zone):%H:%M}"  # noqa: RUF001 -- a range has an en dash


def clocked(second: int) -> str:
    """Return `HH:MM` of a local second of a day; the end of one is 24:00."""
    return f"{second // 3600:02}:{second // 60 % 60:02}"


def today() -> date:
    """Return the date on people's clocks in the centre."""
    ctx = site().ctx
    return ctx.clock.wall().astimezone(ZoneInfo(ctx.hall.policy.centre.tz)).date()


def weekday_and_date(day: date, lang: str) -> str:
    """Return a day as one says it: 9-февраль, дүйшөмбү; понедельник, 9 февраля."""
    return format_date(day, _PATTERNS[lang], locale=lang)
