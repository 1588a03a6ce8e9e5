"""The pages of staff that the front page and the top of every staff page lead to. A new page is one more line here."""

from dataclasses import dataclass

from flask_babel import LazyString
from flask_babel import lazy_gettext as _l

from edge.web import identity, rights
from edge.web.rights import Right


@dataclass(frozen=True, slots=True)
class StaffPage:
    """``right``: what one needs to see it."""

    endpoint: str
    title: LazyString
    right: Right


PAGES = (
    StaffPage("hall.overview", _l("Hall"), Right.READ_HALL),
    StaffPage("settings.overview", _l("Settings"), Right.READ_SETTINGS_HISTORY),
    StaffPage("devices.overview", _l("Devices"), Right.READ_HALL),
    StaffPage("staff.members", _l("Staff"), Right.MANAGE_STAFF),
)


def offered() -> list[StaffPage]:
    """Return the pages that the member logged in at this browser may see; all while nobody is, since the login comes first."""
    session = identity.staff_here()
    return [page for page in PAGES if session is None or rights.has(session, page.right)]
