"""The MQTT side of the hall: broker, link, and the way of each message. Built and driven by `server`.

Adding a device kind: one file beside `button.py` that turns its message into an operation, and one line in `_answers`. Buttons that speak another
language than ours: `families`.
Nothing here decides anything: a rule found in this room is a bug.
"""

import logging
import threading
import time
from collections import deque
from collections.abc import Callable, Iterable
from functools import partial
from itertools import islice
from pathlib import Path

from edge import failpoints
from edge.devices import access, board, button, kiosk, payloads, presence, topics
from edge.devices.board import Speech, silence
from edge.devices.broker_child import BrokerChild
from edge.devices.broker_unit import BrokerUnit
from edge.devices.families.hearing import Hearing
from edge.devices.link import Incoming, Link, Login, Sent, Will, delivered
from edge.devices.logins import Logins
from edge.devices.mosquitto import Listeners
from edge.devices.status import ServerStatus
from edge.devices.topics import Topic
from edge.errors import Unavailable
from edge.operations.announce import Commit
from edge.operations.context import Context
from edge.operations.displays import Displays, Picture, Shown
from edge.operations.orders import Order
from edge.operations.presence import Attendance
from edge.operations.views import View
from edge.queueing.chain import instant
from edge.queueing.hall import Hall
from edge.queueing.registry import Kind

log = logging.getLogger(__name__)

UP_WITHIN_S = 5.0
LOGGED_BYTES = 200
GOODBYE_S = 0.2  # the broker has our last word; this is for those whose sockets are still full of earlier ones

_SHOWN = {
    Shown.BOARD: topics.BOARD_STATE,
    Shown.DESK: topics.DESK_STATE,
    Shown.KIOSK: topics.KIOSK_STATE,
    Shown.CONFIG: topics.DEV_CONFIG,
    Shown.LED: topics.DEV_RENDER,
}


class MqttRoom:
    """``sync_state`` gives the `sync` field of `srv/status`. ``unit``: the folder of a broker that systemd runs; None: ours runs as a child.

    ``speech``: what is said for a call.
    """

    def __init__(
        self,
        ctx: Context,
        displays: Displays,
        attendance: Attendance,
        listeners: Listeners,
        data: Path,
        *,
        unit: Path | None = None,
        sync_state: Callable[[], View],
        speech: Speech = silence,
    ) -> None:
        self._ctx = ctx
        self._displays = displays
        self._attendance = attendance
        self._speech = speech
        self._status = ServerStatus(ctx, sync_state)
        self._logins = Logins(ctx)
        accounts = self._logins.accounts()
        self._broker = BrokerUnit(listeners, data, unit, accounts) if unit else BrokerChild(listeners, data, accounts)
        self._link = Link(
            Login(listeners.local, listeners.port, access.SERVER, self._broker.password),
            Will(topics.SRV_STATUS, lambda: self._write(self._status.offline())),
            (*topics.FROM_DEVICES, topics.SRV_TIME),  # our own heartbeat comes back: an echo through broker and worker
            handle=self._handle,
            on_up=self._repaint,
            may_connect=self._broker.is_proven,
            others=self._other_topics,
            on_others=self._greet_others,
        )
        self._hearing = Hearing(ctx, attendance, send=self._link.send, clear=self._link.clear)
        self._answers: dict[Topic, tuple[Callable[[Context, str, bytes], View], Topic]] = {
            topics.DEV_EVENT: (button.answer, topics.DEV_ACK),
            topics.DEV_ISSUE: (kiosk.answer, topics.DEV_ISSUED),
        }
        self._painting = threading.RLock()  # pictures leave in the order in which they were made
        self._painted = threading.Event()
        self._lying: set[str] = set()  # retained topics on the broker, by their names
        self._bad_payloads = 0
        self._echoed_at: float | None = None
        self._missed_at: float | None = None

    def start(self) -> None:
        """Start broker and link; returns once the broker has all retained topics. Raises ConfigError or Unavailable.

        Without a broker that is not vital it returns, too: the link comes up when the broker does.
        """
        self._broker.start()
        self._ctx.announcer.listen(self._committed)
        self._ctx.orders.carry_by(self._order)
        self._logins.start(self._broker, self._link.subscribe_again)
        self._link.start()
        if not self._broker.vital and not self._broker.is_alive():
            return
        if not self._link.wait_up(UP_WITHIN_S) or not self._painted.wait(UP_WITHIN_S):
            if not self._broker.vital:
                log.error("serving, but the server could not log in to the broker yet")
                return
            self.stop()
            raise Unavailable("the broker runs, but the server could not log in to it")

    def stop(self) -> None:
        """Say goodbye; a broker that is our child ends."""
        self._link.stop(lambda: self._publish(topics.SRV_STATUS, "", self._status.offline()))
        threading.Event().wait(GOODBYE_S)
        self._logins.stop()
        self._broker.stop()

    def tick(self) -> None:
        """Once a second: heartbeat, status, what time alone changed, and logins for devices that came or went."""
        if not self._broker.is_alive():
            self._missed_at = time.monotonic()
        with self._painting:
            self._say()
            self._paint(self._displays.refresh(self._ctx.hall, self._ctx.tick()))
            self._clear_gone()
        self._logins.follow()

    def health(self) -> View:
        """Return ``broker`` (up or down), ``bad_payloads``, and ``open_s``: how long ago the broker was caught not keeping our rules, None: never."""
        return {
            "broker": "up" if self._link.is_up and self._broker.is_alive() else "down",
            "bad_payloads": self._bad_payloads,
            "open_s": self._broker.open_s(),
        }

    def echo_age_s(self) -> float | None:
        """Return how long ago a heartbeat of ours came back from the broker and through the worker; None before the first.

        While there is no broker none can come back, and another server would not have one either: it counts from the last moment without.
        """
        known = [at for at in (self._echoed_at, self._missed_at) if at is not None]
        return time.monotonic() - max(known) if known else None

    # out

    def _committed(self, commit: Commit) -> None:
        """Boards first: people look at them."""
        failpoints.hit("announce.board")
        zones = board.zones(commit)
        with self._painting:
            pictures = self._displays.refresh(commit.hall, commit.tick, first=zones)
            if self._paint(islice(pictures, len(zones))):
                self._link.let_sender_run()
            self._paint(pictures)
        for zone, fields in board.calls(commit, self._speech):
            self._publish(topics.BOARD_CALL, zone, fields)
        failpoints.hit("announce.after")

    def _repaint(self) -> None:
        """At each connect: retained topics are a cache, and the broker may have lost it. Returns once the broker has the last one."""
        with self._painting:
            self._status.forget()
            self._say()
            deque(self._displays.refresh(self._ctx.hall, self._ctx.tick()), maxlen=0)  # drawn, and painted with the rest
            last = self._paint(self._displays.everything())
            self._clear_gone()
        if last is None or delivered(last, UP_WITHIN_S):  # answered in order: the last one stands for all
            self._painted.set()

    def _paint(self, pictures: Iterable[Picture]) -> Sent | None:
        sent = None
        for picture in pictures:
            topic = _SHOWN[picture.kind]
            self._lying.add(topic.of(picture.key))
            sent = self._publish(topic, picture.key, picture.body)
        return sent

    def _clear_gone(self) -> None:
        """Take off the broker what shows a zone, desk or device that is no more."""
        if self._link.is_up:
            gone = self._lying - _retained(self._ctx.hall)
            for topic in gone:
                self._link.clear(topic)
            self._lying -= gone

    def _say(self) -> None:
        if not self._link.is_up:
            return  # what is not sent does not count as said
        for topic, fields in ((topics.SRV_STATUS, self._status.status_due()), (topics.SRV_TIME, self._status.time_due())):
            if fields is not None:
                self._publish(topic, "", fields)

    def _publish(self, topic: Topic, key: str, fields: View) -> Sent | None:
        return self._link.publish(topic, key, self._write(fields))

    def _order(self, order: Order) -> None:
        """Take an order to its device. Raises Unavailable while there is no broker."""
        if self._publish(topics.DEV_CMD, order.device, {"cmd_id": order.id, "op": order.op, "args": {}}) is None:
            raise Unavailable(f"device {order.device!r} cannot be told to {order.op}: the broker is not reached")

    def _write(self, fields: View) -> bytes:
        return payloads.write(fields, instant(self._ctx.clock.wall()))

    # in

    def _handle(self, incoming: Incoming) -> None:
        """One message of a device, on the worker."""
        if not incoming.payload:
            return
        found = topics.find(incoming.topic)
        if found is None:
            self._readable(incoming, partial(self._hearing.hear, incoming))
            return
        topic, device = found
        if topic is topics.SRV_TIME:
            self._echoed_at = time.monotonic()
            return
        if incoming.retained and topic in topics.NEVER_RETAINED:
            log.warning("retained message cleared topic=%s", incoming.topic)
            self._link.clear(incoming.topic)
            return
        if _is_expired(topic, incoming):
            log.warning("message expired before it was decided topic=%s", incoming.topic)
            return
        self._readable(incoming, partial(self._take, topic, device, incoming.payload))

    def _other_topics(self) -> list[str]:
        return self._hearing.topics()

    def _greet_others(self) -> None:
        self._hearing.greet()

    def _readable(self, incoming: Incoming, take: Callable[[], None]) -> None:
        try:
            take()
        except payloads.Unreadable as error:
            self._bad_payloads += 1
            log.warning("unreadable payload topic=%s why=%s payload=%r", incoming.topic, error, incoming.payload[:LOGGED_BYTES])

    def _take(self, topic: Topic, device: str, payload: bytes) -> None:
        if topic not in self._answers:
            presence.take(self._ctx, self._attendance, topic, device, payload)
            return
        answer, reply = self._answers[topic]
        self._publish(reply, device, answer(self._ctx, device, payload))
        failpoints.hit("ack.after")
        self._attendance.seen(device)


def _retained(hall: Hall) -> set[str]:
    """Return the names of all retained topics that show something of ``hall``."""
    zones = {topic.of(zone) for zone in hall.policy.zones for topic in (topics.BOARD_STATE, topics.KIOSK_STATE)}
    desks = {topics.DESK_STATE.of(desk) for desk in hall.desks}
    active = [device for device in hall.devices.values() if device.active]
    leds = {topics.DEV_RENDER.of(device.device) for device in active if device.kind is Kind.LED}
    return zones | desks | leds | {topics.DEV_CONFIG.of(device.device) for device in active}


def _is_expired(topic: Topic, incoming: Incoming) -> bool:
    """Tell whether its time ran out in our own queue: the device has stopped repeating it, and a late call would call for nobody."""
    left = topic.expiry if incoming.expiry is None else incoming.expiry
    return left is not None and topic.expiry is not None and time.monotonic() - incoming.arrived > min(left, topic.expiry)
