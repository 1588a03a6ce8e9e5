"""A visitor at a kiosk calls for the hall's staff. Operational, not of the journal: nothing of the queue depends on it.

One device has one call, however often the button is touched; it waits, over restarts too, until a member of staff says that it was answered.
"""

from datetime import datetime
from typing import NamedTuple

from edge.errors import Unknown
from edge.operations.context import Context
from edge.queueing.chain import instant
from edge.store import help as calls


class Waiting(NamedTuple):
    """A call that nobody has answered; ``since``: aware UTC, of the first touch."""

    device: str
    since: datetime


def call(ctx: Context, device: str) -> None:
    """Call for help at ``device``. Raises Unknown (no such device), Unavailable."""
    _require_active(ctx, device)
    if is_waiting(ctx, device):  # a touch of what waits costs no commit
        return
    with ctx.database.write():
        calls.put(ctx.database, device, instant(ctx.clock.wall()))


def waiting(ctx: Context) -> list[Waiting]:
    """Return the calls of active devices, the oldest first."""
    return [Waiting(device, datetime.fromisoformat(since)) for device, since in calls.everything(ctx.database) if _is_active(ctx, device)]


def is_waiting(ctx: Context, device: str) -> bool:
    """Tell whether ``device`` has a call that nobody has answered."""
    return any(called.device == device for called in waiting(ctx))


def answered(ctx: Context, device: str) -> bool:
    """End the call of ``device``; tell whether there was one. Raises Unavailable."""
    with ctx.database.write():
        return calls.drop(ctx.database, device)


def _is_active(ctx: Context, device: str) -> bool:
    found = ctx.hall.devices.get(device)
    return found is not None and found.active


def _require_active(ctx: Context, device: str) -> None:
    if not _is_active(ctx, device):
        raise Unknown(f"device {device!r} is not registered", field="device")
