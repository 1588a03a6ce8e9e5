"""The durable watermark: how far a backup elsewhere holds a centre's journal. Centres prune nothing above it, so no restore here loses anything.

A copy is taken for what it holds, not for when it was made: its heads are read, and only a line that is the same here counts.
"""

from pathlib import Path

from edge.sync.reference import database, journal
from edge.sync.reference.models import Epoch


def advance(copy: Path | str | None = None) -> list[tuple[str, int, int]]:
    """Raise the watermark of every epoch to what a restored copy holds, or to all that is stored; return what was raised, by centre and epoch."""
    held = database.heads_of(copy) if copy is not None else [(each.centre, each.epoch, each.seq, each.hash) for each in Epoch.select()]
    raised = []
    for centre, epoch, seq, told in sorted(held):
        with database.of_centre(centre):
            known = Epoch.get_or_none(Epoch.centre == centre, Epoch.epoch == epoch)
            if known and seq > known.durable_seq and journal.hash_at(centre, epoch, seq) == told:
                Epoch.update(durable_seq=seq).where(Epoch.centre == centre, Epoch.epoch == epoch).execute()
                raised.append((centre, epoch, seq))
    return raised
