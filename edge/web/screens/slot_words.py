"""Free appointments as people choose them: days with their weekday, times under their hour."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from itertools import groupby

from flask_babel import gettext as _

from edge.operations import bookings
from edge.operations import clock as clocks
from edge.operations.views import View
from edge.web.screens import language
from edge.web.screens.moments import weekday_and_date
from edge.web.site import site


@dataclass(frozen=True, slots=True)
class Choice:
    """One free appointment. ``start``: ISO, as in the slot's id; ``day``: ISO, of the centre's zone."""

    slot: str
    start: str
    day: str
    time: str


@dataclass(frozen=True, slots=True)
class Hour:
    """Free appointments that begin within one hour."""

    hour: str
    choices: tuple[Choice, ...]


def days(service: str) -> list[str]:
    """Return the days (ISO) with free appointments within the horizon."""
    return [day for day, _ in bookings.days(site().ctx, service)]


def hours(service: str, day: str) -> list[Hour]:
    """Return the free appointments of a day under their hours. Raises Unknown, BadRequest."""
    found = [choice(each) for each in bookings.slots(site().ctx, service, day)]
    return [Hour(hour, tuple(each)) for hour, each in groupby(found, lambda free: free.time[:2])]


def nearest(service: str) -> list[Choice]:
    """Return the next three free appointments."""
    return [choice(each) for each in bookings.nearest(site().ctx, service)]


def choice(view: View) -> Choice:
    """Return a slot of `GET slots` as a choice."""
    at = local(view["start"])
    return Choice(view["slot"], view["start"], at.date().isoformat(), f"{at:%H:%M}")


def local(start: str | datetime) -> datetime:
    """Return an instant on the clocks of the centre."""
    at = datetime.fromisoformat(start) if isinstance(start, str) else start
    return clocks.local(site().ctx.hall.tz, at)


def clock(at: str | datetime) -> str:
    """Return `HH:MM` of an instant on the clocks of the centre."""
    return f"{local(at):%H:%M}"


def day_words(day: str) -> str:
    """Say a day (ISO): today and tomorrow by these words, too."""
    said, today = date.fromisoformat(day), site().ctx.hall.day
    words = weekday_and_date(said, language.current())
    if today is None:
        return words
    ahead = said - date.fromisoformat(today.day)
    if ahead == timedelta():
        return str(_("Today, %(day)s", day=words))
    return str(_("Tomorrow, %(day)s", day=words)) if ahead == timedelta(days=1) else words


def day_title(day: str) -> str:
    """Say a day as `day_words` does where it stands alone."""
    words = day_words(day)
    return words[:1].upper() + words[1:]


def date_words(at: datetime) -> str:
    """Say the day of an instant as `day_words` does."""
    return day_words(local(at).date().isoformat())
