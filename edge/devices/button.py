"""A button, or any device with keys: an event becomes a press of its desk, the answer an `ack`."""

import logging

from edge.devices import payloads
from edge.operations import desks
from edge.operations.context import Context
from edge.operations.views import View
from edge.queueing.desk import Key

log = logging.getLogger(__name__)


def answer(ctx: Context, device: str, payload: bytes) -> View:
    """Decide an event of ``device``. Returns the fields of `ack`. Raises payloads.Unreadable."""
    try:
        event = payloads.read_event(payload)
    except payloads.Bad as bad:
        return desks.bad(ctx, device, bad.id)
    if event.type in payloads.OWN_TYPES:
        log.warning("device reports device=%s type=%s", device, event.type)
        return desks.reported(ctx, device, event.id, event.type)
    return desks.press(ctx, device, desks.PressRequest(event.id, Key(event.type), event.ts))
