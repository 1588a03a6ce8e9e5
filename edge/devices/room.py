"""The MQTT side of the hall: broker, link, and the way of each message. Built and driven by `server`.

Adding a device kind: one file beside `button.py` that turns its message into an operation, and one line in `_answers` or `_take_news`.
"""

import logging
import secrets
import threading
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import Any

from edge import __version__, failpoints
from edge.devices import access, board, button, kiosk, payloads, topics
from edge.devices.access import Account
from edge.devices.broker import Broker, Listeners
from edge.devices.link import Incoming, Link, Will
from edge.devices.topics import Topic
from edge.errors import EdgeError, Unavailable
from edge.operations import registry
from edge.operations.announce import Commit
from edge.operations.context import Context
from edge.operations.displays import Displays, Picture, Shown
from edge.operations.presence import Attendance
from edge.operations.views import View
from edge.queueing.chain import instant

log = logging.getLogger(__name__)

UP_WITHIN_S = 5.0
TIME_EVERY_S = 3
STATUS_EVERY_S = 30

_SHOWN = {
    Shown.BOARD: topics.BOARD_STATE,
    Shown.DESK: topics.DESK_STATE,
    Shown.KIOSK: topics.KIOSK_STATE,
    Shown.CONFIG: topics.DEV_CONFIG,
}


class MqttRoom:
    """``sync_state`` gives the `sync` field of `srv/status`. Start it on a thread that lives as long as the process (see `broker`)."""

    def __init__(
        self, ctx: Context, displays: Displays, attendance: Attendance, listeners: Listeners, data: Path, *, sync_state: Callable[[], View]
    ) -> None:
        self._ctx = ctx
        self._displays = displays
        self._attendance = attendance
        self._sync_state = sync_state
        self._server_password = secrets.token_urlsafe(24)
        self._broker = Broker(listeners, data, self._accounts)
        will = Will(topics.SRV_STATUS, self._write(self._offline()))
        self._link = Link(
            listeners.local,
            listeners.port,
            access.SERVER,
            self._server_password,
            will,
            topics.FROM_DEVICES,
            handle=self._handle,
            on_up=self._repaint,
        )
        self._answers: dict[Topic, tuple[Callable[[Context, str, bytes], View], Topic]] = {
            topics.DEV_EVENT: (button.answer, topics.DEV_ACK),
            topics.DEV_ISSUE: (kiosk.answer, topics.DEV_ISSUED),
        }
        self._painting = threading.RLock()
        self._painted = threading.Event()
        self._last_status: tuple[float, View] | None = None
        self._last_time = 0.0
        self._bad_payloads = 0

    def start(self) -> None:
        """Start broker and link; returns once all retained topics are there. Raises ConfigError or Unavailable."""
        self._broker.start()
        self._ctx.announcer.listen(self._committed)
        self._link.start()
        if not self._link.wait_up(UP_WITHIN_S) or not self._painted.wait(UP_WITHIN_S):
            raise Unavailable("the broker runs, but the server could not log in to it")

    def stop(self) -> None:
        """Say goodbye and end the broker."""
        self._link.stop(lambda: self._link.publish(topics.SRV_STATUS, "", self._write(self._offline())))
        self._broker.stop()

    def tick(self) -> None:
        """Once a second: a dead broker back, heartbeat, status, what time alone changed."""
        try:
            self._broker.ensure()
        except EdgeError as error:
            log.error("broker does not start: %s", error)
        now = self._ctx.clock.monotonic()
        if now - self._last_time >= TIME_EVERY_S - 0.5:
            self._last_time = now
            self._publish_time()
        self._publish_status()
        with self._painting:
            self._paint(self._displays.refresh(self._ctx.hall, self._ctx.tick()))

    def health(self) -> View:
        """Return ``broker`` (up or down) and ``bad_payloads``."""
        return {"broker": "up" if self._link.is_up and self._broker.is_alive() else "down", "bad_payloads": self._bad_payloads}

    def _accounts(self) -> Sequence[Account]:
        monitor = access.monitor(self._ctx.keys.text("mqtt-account", access.MONITOR))
        active = (device for device in self._ctx.hall.devices.values() if device.active)
        devices = [access.device(device, registry.derived(self._ctx.keys, device).mqtt_password) for device in active]
        return [access.server(self._server_password), monitor, *devices]

    def _committed(self, commit: Commit) -> None:
        """Boards first: people look at them."""
        failpoints.hit("announce.board")
        with self._painting:
            self._paint(self._displays.refresh(commit.hall, commit.tick))
        for zone, fields in board.calls(commit):
            self._publish(topics.BOARD_CALL, zone, fields)
        failpoints.hit("announce.after")

    def _paint(self, pictures: Iterable[Picture]) -> None:
        for picture in pictures:
            self._publish(_SHOWN[picture.kind], picture.key, picture.body)

    def _repaint(self) -> None:
        """At each connect: retained topics are a cache, and the broker may have lost it."""
        self._last_status = None
        self._publish_status()
        self._publish_time()
        with self._painting:
            self._displays.refresh(self._ctx.hall, self._ctx.tick())
            self._paint(self._displays.everything())
        self._painted.set()

    def _handle(self, incoming: Incoming) -> None:
        """One message of a device, on the worker."""
        found = topics.find(incoming.topic)
        if found is None or not incoming.payload:
            return
        topic, device = found
        if incoming.retained and topic in topics.NEVER_RETAINED:
            log.warning("retained message cleared topic=%s", incoming.topic)
            self._link.clear(incoming.topic)
            return
        try:
            if topic in self._answers:
                answer, reply = self._answers[topic]
                self._publish(reply, device, answer(self._ctx, device, incoming.payload))
                failpoints.hit("ack.after")
            self._take_news(topic, device, incoming.payload)
        except payloads.Unreadable as error:
            self._bad_payloads += 1
            log.warning("unreadable payload topic=%s why=%s payload=%r", incoming.topic, error, incoming.payload[:200])

    def _take_news(self, topic: Topic, device: str, payload: bytes) -> None:
        if topic is topics.DEV_STATUS:
            status = payloads.read_status(payload)
            self._attendance.status(device, status.state, status.boot_id, status.fw)
        elif topic is topics.DEV_ABOUT:
            self._attendance.about(device, payloads.read_about(payload))
        elif topic is topics.DEV_STAT:
            self._attendance.stat(device, payloads.read_stat(payload))
        else:
            self._attendance.seen(device)

    def _publish_time(self) -> None:
        now = self._ctx.clock.wall()
        fields = {
            "epoch_ms": int(now.timestamp() * 1000),
            "tz": self._ctx.hall.policy.centre.tz,
            "ok": self._ctx.clock.quality().trusted,
        }
        self._publish(topics.SRV_TIME, "", fields)

    def _publish_status(self) -> None:
        """On a change of state at once, else every 30 s."""
        sync = self._sync_state()
        fields: View = {
            "state": "online",
            "boot_id": self._ctx.boot_id,
            "version": __version__,
            "clock_ok": self._ctx.clock.quality().trusted,
            "sync": {key: sync[key] for key in ("state", "pending", "since")},
        }
        now = self._ctx.clock.monotonic()
        if self._last_status is not None:
            at, before = self._last_status
            if now - at < STATUS_EVERY_S and _state_of(before) == _state_of(fields):
                return
        if self._publish(topics.SRV_STATUS, "", fields):
            self._last_status = (now, fields)

    def _offline(self) -> View:
        return {"state": "offline", "boot_id": self._ctx.boot_id}

    def _publish(self, topic: Topic, key: str, fields: View) -> bool:
        return self._link.publish(topic, key, self._write(fields)) is not None

    def _write(self, fields: View) -> bytes:
        return payloads.write(fields, instant(self._ctx.clock.wall()))


def _state_of(status: View) -> tuple[Any, ...]:
    return (status["clock_ok"], status["sync"]["state"])
