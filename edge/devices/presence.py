"""What devices tell of themselves: status, about, stat, reply. They may lie retained on the broker, and then are read at each start."""

import logging
from typing import Any

from edge.devices import payloads, topics
from edge.devices.topics import Topic
from edge.operations import alerts
from edge.operations.context import Context
from edge.operations.orders import Op
from edge.operations.presence import Attendance

log = logging.getLogger(__name__)


def take(ctx: Context, attendance: Attendance, topic: Topic, device: str, payload: bytes) -> None:
    """Note what ``device`` says. Raises payloads.Unreadable."""
    if topic is topics.DEV_STATUS:
        status = payloads.read_status(payload)
        attendance.status(device, status.state, status.boot_id, status.fw)
    elif topic is topics.DEV_ABOUT:
        about: dict[str, Any] = payloads.read_about(payload)
        attendance.about(device, about)
    elif topic is topics.DEV_STAT:
        attendance.stat(device, payloads.read_stat(payload))
    else:
        reply = payloads.read_reply(payload)
        log.info("device replies device=%s cmd_id=%s result=%s", device, reply.cmd_id, reply.result)
        ctx.trips.answered(device, reply.cmd_id, ctx.clock.monotonic())
        order = ctx.orders.answered(device, reply.cmd_id, reply.result, reply.detail)
        if order is not None and order.op is Op.TEST_PRINT and order.result == "ok":
            alerts.has_printed(ctx, device)
        attendance.seen(device)
