"""What differs between two versions of the settings, as values: screens say it in words, the decision journals only what changed.

Works on plain JSON values and knows no field by name but the ids, so that a new field of the document comes along by itself.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from edge.operations.sentences import IDS
from edge.queueing.policy import KEYS

Values = Mapping[str, Any]
SETS = frozenset({"services", "reserved"})  # lists of a desk in which the order says nothing


class What(StrEnum):
    """What happened to an entry or a field."""

    ADDED = "added"
    REMOVED = "removed"
    CHANGED = "changed"
    MOVED = "moved"


@dataclass(frozen=True, slots=True)
class Change:
    """``section``: a key of the settings; ``id``: of the entry in it, None for a section without entries; ``path``: below that.

    A field has a path, a whole entry none. Of a moved entry ``before`` and ``after`` are the ids that it stood and stands behind, "" for none.
    """

    section: str
    id: str | None
    what: What
    path: tuple[str, ...] = ()
    before: Any = None
    after: Any = None


def between(before: Values, after: Values) -> list[Change]:
    """Return every difference, in the order of the document."""
    keys = [*KEYS, *sorted((before.keys() | after.keys()) - set(KEYS))]
    return [change for key in keys for change in _section(key, before.get(key), after.get(key))]


def _section(key: str, before: Any, after: Any) -> Iterator[Change]:
    if key in IDS:
        yield from _entries(key, before or [], after or [])
    else:
        yield from _fields(key, None, (), before, after)


def _entries(key: str, before: Sequence[Values], after: Sequence[Values]) -> Iterator[Change]:
    old, new = ({entry[IDS[key]]: entry for entry in entries} for entries in (before, after))
    yield from (Change(key, id_, What.REMOVED, before=entry) for id_, entry in old.items() if id_ not in new)
    stayed = [id_ for id_ in new if id_ in old]
    moved = _moved([id_ for id_ in old if id_ in new], stayed)
    for id_, entry in new.items():
        if id_ not in old:
            yield Change(key, id_, What.ADDED, after=entry)
            continue
        yield from _fields(key, id_, (), old[id_], entry)
        if id_ in moved:
            yield Change(key, id_, What.MOVED, before=_behind(list(old), id_), after=_behind(list(new), id_))


def _fields(key: str, id_: str | None, path: tuple[str, ...], before: Any, after: Any) -> Iterator[Change]:
    if isinstance(before, Mapping) and isinstance(after, Mapping):
        for name in [*before, *(name for name in after if name not in before)]:
            yield from _fields(key, id_, (*path, name), before.get(name), after.get(name))
    elif before != after and not (path and path[-1] in SETS and key == "desks" and sorted(before or ()) == sorted(after or ())):
        yield Change(key, id_, What.CHANGED, path, before, after)


def _moved(old: Sequence[str], new: Sequence[str]) -> set[str]:
    """Return the fewest entries that must be moved to get from one order to the other: those outside the longest common run."""
    place = {id_: at for at, id_ in enumerate(old)}
    best: list[list[str]] = []  # best[n]: an ascending run that ends with the n-th of ``new``
    for at, id_ in enumerate(new):
        runs = [best[earlier] for earlier in range(at) if place[new[earlier]] < place[id_]]
        best.append([*_longest(runs), id_])
    return set(new) - set(_longest(best))


def _longest(runs: Sequence[list[str]]) -> list[str]:
    return max(runs, key=len) if runs else []


def _behind(ids: Sequence[str], id_: str) -> str:
    at = ids.index(id_)
    return ids[at - 1] if at else ""
