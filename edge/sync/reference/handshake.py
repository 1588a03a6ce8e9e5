"""Which of two histories goes on, and from where: a pure function of what a box says of itself and what is stored of its centre.

The rule that is easy to break: nothing is ever proven by length. A place counts as shared only when both sides have the same hash there; the box's
last acknowledged line counts as a rung of its ladder, because this side once had it.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum

from edge.queueing.chain import GENESIS
from edge.sync.reference.hello import Hello, Place


class Action(StrEnum):
    """What the box is told to do; the contract's words."""

    RESUME = "resume"
    PUSH_FROM = "push_from"
    FAST_FORWARD = "fast_forward"
    NEW_EPOCH = "new_epoch"
    FENCED = "fenced"
    ENROL = "enrol"
    UPGRADE = "upgrade"


@dataclass(frozen=True, slots=True)
class Answer:
    """``epoch``: the answered one; ``why`` a box is fenced: older, stranger; ``lineage``: heads of epochs, oldest first."""

    action: Action
    epoch: int
    from_seq: int | None = None
    parent: Place | None = None
    lineage: Sequence[Place] = ()
    why: str = ""


@dataclass(frozen=True, slots=True)
class Stored:
    """What is stored of a centre. ``hash_at``: the hash of a stored line by epoch and seq."""

    hash_at: Callable[[int, int], str | None]
    present: int = 0  # the newest epoch that was issued or has lines; 0: none
    issued_to: str | None = None  # the node that the present epoch was issued to
    issued_for: int | None = None  # and the epoch that this box was in
    forked: int | None = None  # the epoch whose last push got `fork`
    copied: Place | None = None  # the head that the last `fast_forward` named
    heads: Mapping[int, Place] = field(default_factory=dict)  # of the epochs that have lines


def decide(hello: Hello, stored: Stored) -> Answer:
    """Answer the bound box."""
    newest = max(stored.heads, default=0)
    if not hello.epoch:
        return _forward(0, stored) if stored.heads else Answer(Action.RESUME, 1)
    if hello.epoch < newest:
        if _is_given(hello, stored) and stored.issued_for == hello.epoch:  # an operator let it in, and the answer was lost
            return _issue(hello, stored, _shared(hello, stored))
        return Answer(Action.FENCED, stored.present, why="older")
    missing = _behind(hello, stored)
    if missing:
        return missing
    if hello.epoch not in stored.heads:
        return _unheard(hello, stored)
    return _compared(hello, stored)


def readmitted(hello: Hello, stored: Stored) -> Answer:
    """Answer a box whose fence an operator lifted: it goes on in a new epoch after the last line of its own that is shared."""
    if not hello.epoch:
        return decide(hello, stored)
    return _issue(hello, stored, _shared(hello, stored), fresh=True)


def tail(hello: Hello, parent: Place) -> int:
    """Return how many lines the box has after ``parent``, at most: what it will send again in a new epoch."""
    return sum(last.seq - (parent.seq if last.epoch == parent.epoch else 0) for last in _segments(hello) if last.epoch >= parent.epoch)


def _compared(hello: Hello, stored: Stored) -> Answer:
    """Both have lines of the box's epoch, and no newer one has any: by the rungs."""
    head = stored.heads[hello.epoch]
    rungs = _rungs(hello, head.seq)
    matching = [seq for seq, told in rungs.items() if stored.hash_at(hello.epoch, seq) == told]
    if hello.head.seq and not matching:
        return Answer(Action.FENCED, stored.present, why="stranger")
    shared = Place(hello.epoch, max(matching, default=0), rungs[max(matching)] if matching else GENESIS)
    if len(matching) < len(rungs) or stored.forked == hello.epoch:
        return _issue(hello, stored, shared)
    if hello.head.seq < head.seq:
        return _forward(hello.epoch, stored)
    if hello.is_backup or hello.epoch < stored.present or stored.copied == head:  # copied, also when the hall wrote on since
        return _issue(hello, stored, shared)
    if shared == head and not _acked_beyond(hello, head.seq):
        return Answer(Action.RESUME, hello.epoch)
    return Answer(Action.PUSH_FROM, hello.epoch, from_seq=shared.seq + 1)


def _unheard(hello: Hello, stored: Stored) -> Answer:
    """Nothing of the box's epoch is stored, all before it is."""
    if hello.is_backup or hello.epoch < stored.present or stored.forked == hello.epoch:
        return _issue(hello, stored, hello.parents.get(hello.epoch, Place(hello.epoch, 0, GENESIS)))
    if _acked_beyond(hello, 0) or hello.epoch > stored.present > 0:
        return Answer(Action.PUSH_FROM, hello.epoch, from_seq=1)
    return Answer(Action.RESUME, hello.epoch)


def _behind(hello: Hello, stored: Stored) -> Answer | None:
    """Look for the oldest part before the box's epoch that is not stored, or is another one; None when all of it is there."""
    shared: Place | None = None
    for last in _segments(hello)[:-1]:
        head = stored.heads.get(last.epoch, Place(last.epoch, 0, GENESIS))
        if head.seq < last.seq:
            if hello.is_backup or stored.forked == last.epoch:  # no rung of an older epoch says where the two part
                return _issue(hello, stored, shared or Place(last.epoch, 0, GENESIS))
            return Answer(Action.PUSH_FROM, last.epoch, from_seq=head.seq + 1)
        if last.seq and stored.hash_at(last.epoch, last.seq) != last.hash:
            return _issue(hello, stored, shared) if shared else Answer(Action.FENCED, stored.present, why="stranger")
        shared = last
    return None


def _forward(epoch: int, stored: Stored) -> Answer:
    """The box copies what it lacks, from its own epoch on."""
    return Answer(Action.FAST_FORWARD, max(stored.heads), lineage=_heads_from(epoch, stored))


def _issue(hello: Hello, stored: Stored, parent: Place, *, fresh: bool = False) -> Answer:
    """A new epoch; the one that was issued to this box and has no lines yet is given again."""
    number = stored.present if _is_given(hello, stored) and not fresh else max(stored.present, hello.epoch) + 1
    return Answer(Action.NEW_EPOCH, number, parent=parent, lineage=_heads_from(parent.epoch, stored))


def _is_given(hello: Hello, stored: Stored) -> bool:
    """Tell whether the present epoch was issued to this box and has no lines yet."""
    return stored.present not in stored.heads and stored.issued_to == hello.node and hello.epoch < stored.present


def _shared(hello: Hello, stored: Stored) -> Place:
    """Return the last line of the box's own epoch that is stored, else the last that its ancestry shares, else the beginning."""
    rungs = _rungs(hello, hello.head.seq)
    matching = [seq for seq, told in rungs.items() if stored.hash_at(hello.epoch, seq) == told]
    if matching:
        return Place(hello.epoch, max(matching), rungs[max(matching)])
    older = [last for last in _segments(hello)[:-1] if last.seq and stored.hash_at(last.epoch, last.seq) == last.hash]
    return older[-1] if older else Place(_segments(hello)[0].epoch, 0, GENESIS)


def _segments(hello: Hello) -> list[Place]:
    """Return the box's history as the last line of each epoch that it went through, oldest first; the last one is its head."""
    found = [hello.head]
    while (parent := hello.parents.get(found[0].epoch)) is not None:  # parents are of older epochs, so this ends
        found.insert(0, parent)
    return found


def _rungs(hello: Hello, upto: int) -> dict[int, str]:
    rungs = {seq: told for seq, told in hello.rungs.items() if seq <= upto}
    acked = hello.acked
    if acked and acked.epoch == hello.epoch and 0 < acked.seq <= min(upto, hello.head.seq):
        rungs.setdefault(acked.seq, acked.hash)
    return rungs


def _acked_beyond(hello: Hello, seq: int) -> bool:
    """Tell whether this side once acknowledged more of the epoch than it has now."""
    return hello.acked is not None and hello.acked.epoch == hello.epoch and hello.acked.seq > seq


def _heads_from(epoch: int, stored: Stored) -> list[Place]:
    return [head for number, head in sorted(stored.heads.items()) if number >= epoch]
