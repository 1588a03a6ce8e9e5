"""The history of the settings, read from the journal: one entry for each decision, with what it changed.

A decision writes its `setting.changed` lines one behind the other, with the same instant and actor, and each key once; that is how they are
told from the next one's.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import islice
from typing import Any

from edge.errors import Unknown
from edge.operations import proposal
from edge.operations.changes import Change, between
from edge.operations.context import Context
from edge.operations.document import completed
from edge.operations.proposal import Proposal
from edge.queueing.policy import OPERATING_KEYS
from edge.store import settings as stored
from edge.store.settings import END, Line, Place

PAGE = 20
_LINES = 64  # read at once; a decision has fewer


@dataclass(frozen=True, slots=True)
class Entry:
    """One decision. ``id``: the event id of its first line; ``at``: ISO; ``operating``: set at the hall page, not part of the document."""

    id: str
    at: str
    actor: str
    place: Place
    values: Mapping[str, Any]
    before: Mapping[str, Any]

    @property
    def operating(self) -> bool:
        """Tell whether this is a notice or an emergency, which nobody takes back here."""
        return all(key in OPERATING_KEYS for key in self.values)

    @property
    def first(self) -> bool:
        """Tell whether these were the first settings of the centre."""
        return not self.before and "centre" in self.values

    @property
    def changes(self) -> list[Change]:
        """Return what the decision changed."""
        old, new = ({key: completed(key, value) for key, value in values.items()} for values in (self.before, self.values))
        return between(old, new)


@dataclass(frozen=True, slots=True)
class Page:
    """Entries, the newest first; ``older``: the id that the next page begins behind, None at the end."""

    entries: list[Entry]
    older: str | None


def page(ctx: Context, *, behind: str | None = None, size: int = PAGE) -> Page:
    """Return a page of the history. Raises Unknown when there is no entry ``behind``."""
    walk = _entries(ctx, END if behind is None else _place(ctx, behind))
    entries = list(islice(walk, size))
    return Page(entries, entries[-1].id if entries and next(walk, None) is not None else None)


def entry(ctx: Context, id_: str) -> Entry:
    """Return one entry by the id of its first line. Raises Unknown."""
    place = _place(ctx, id_)
    group: list[Line] = []
    for line in reversed(stored.lines(ctx.database, (place[0], place[1] + _LINES), _LINES)):
        if line.place == place or (group and _together(group[-1], line, group)):
            group.append(line)
        elif group:
            break
    return _entry(ctx, group)


def last_change(ctx: Context) -> Entry | None:
    """Return the last decision on the document itself."""
    return next((entry for entry in _entries(ctx, END) if not entry.operating), None)


def before(ctx: Context, id_: str) -> Proposal:
    """Propose the settings as they were before an entry. Raises Unknown."""
    return proposal.of_values(ctx, proposal.at_place(ctx, _place(ctx, id_)))


def as_of(ctx: Context, id_: str) -> Proposal:
    """Propose the settings as an entry put them in force. Raises Unknown."""
    epoch, seq = _place(ctx, id_)
    found = entry(ctx, id_)
    return proposal.of_values(ctx, proposal.at_place(ctx, (epoch, seq + len(found.values))))


def _entries(ctx: Context, end: Place) -> Iterator[Entry]:
    """Walk the decisions before a place, the newest first."""
    group: list[Line] = []
    while lines := stored.lines(ctx.database, end, _LINES):
        for line in lines:
            if group and not _together(line, group[0], group):
                yield _entry(ctx, group)
                group = []
            group.insert(0, line)
        end = lines[-1].place
    if group:
        yield _entry(ctx, group)


def _together(earlier: Line, later: Line, group: list[Line]) -> bool:
    """Tell whether two neighbours are of one decision, ``group`` being the part of it that is known and ends or begins with one of them."""
    follows = later.place == (earlier.place[0], earlier.place[1] + 1) and (later.at, later.actor) == (earlier.at, earlier.actor)
    other = earlier if group[0] is later else later
    return follows and other.key not in {line.key for line in group}


def _entry(ctx: Context, lines: list[Line]) -> Entry:
    first = lines[0]
    values = {line.key: line.value for line in lines}
    before = {key: stored.value_before(ctx.database, first.place, key) for key in values}
    given = {key: value for key, value in before.items() if value is not None}
    return Entry(first.id, first.at, first.actor, first.place, values, given)


def _place(ctx: Context, id_: str) -> Place:
    place = stored.place(ctx.database, id_)
    if place is None:
        raise Unknown(f"no change of the settings has the id {id_[:64]!r}", field="entry")
    return place
