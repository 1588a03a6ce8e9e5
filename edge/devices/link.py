"""The server's one connection to the broker: MQTT 5, clean start, last will, resubscribed at every connect.

No exception ever leaves a callback: paho would end its network thread. Callbacks only enqueue; one worker decides, commits and answers.
"""

import logging
import queue
import socket
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import wraps
from typing import Any, ParamSpec

import paho.mqtt.client as mqtt
from paho.mqtt.enums import CallbackAPIVersion
from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.properties import Properties
from paho.mqtt.subscribeoptions import SubscribeOptions

from edge.devices.topics import Topic

log = logging.getLogger(__name__)

MOST_WAITING = 10_000  # messages; more means that nobody decides any more
FLUSH_WITHIN_S = 2.0

P = ParamSpec("P")


@dataclass(frozen=True, slots=True)
class Incoming:
    """A message from a device. ``retained``: it was lying on the broker, or was sent to lie there."""

    topic: str
    payload: bytes
    retained: bool


@dataclass(frozen=True, slots=True)
class Will:
    """What the broker publishes when we vanish."""

    topic: Topic
    payload: bytes


def guarded(callback: Callable[P, None]) -> Callable[P, None]:
    """Log what a callback raises and carry on."""

    @wraps(callback)
    def call(*args: P.args, **kwargs: P.kwargs) -> None:
        try:
            callback(*args, **kwargs)
        except Exception:  # the guard that keeps paho's thread alive
            log.exception("mqtt callback failed callback=%s", callback.__name__)

    return call


class Link:
    """Connect, subscribe, hand over, publish. ``handle`` runs on the worker; ``on_up`` at each connect, also on the worker."""

    def __init__(
        self,
        host: str,
        port: int,
        user: str,
        password: str,
        will: Will,
        subscriptions: Sequence[Topic],
        *,
        handle: Callable[[Incoming], None],
        on_up: Callable[[], None],
    ) -> None:
        self._address = (host, port)
        self._subscriptions = subscriptions
        self._handle = handle
        self._on_up = on_up
        self._incoming: queue.Queue[Incoming | None] = queue.Queue(MOST_WAITING)
        self._up = threading.Event()
        self._worker = threading.Thread(target=self._work, name="mqtt-worker", daemon=True)
        self._client = mqtt.Client(CallbackAPIVersion.VERSION2, client_id="", protocol=mqtt.MQTTv5)
        self._client.username_pw_set(user, password)
        self._client.will_set(will.topic.of(), will.payload, will.topic.qos, will.topic.retain)
        self._client.reconnect_delay_set(1, 1)
        self._client.max_inflight_messages_set(1000)
        self._client.on_connect = guarded(self._connected)
        self._client.on_disconnect = guarded(self._disconnected)
        self._client.on_message = guarded(self._arrived)
        self._client.on_socket_open = guarded(_no_delay)

    @property
    def is_up(self) -> bool:
        """Tell whether we are connected and subscribed."""
        return self._up.is_set()

    def start(self) -> None:
        """Connect and keep connected; returns at once."""
        properties = Properties(PacketTypes.CONNECT)  # type: ignore[no-untyped-call]  # paho leaves it untyped
        properties.SessionExpiryInterval = 0
        self._client.connect_async(*self._address, keepalive=10, clean_start=True, properties=properties)
        self._client.loop_start()
        self._worker.start()

    def wait_up(self, timeout_s: float) -> bool:
        """Wait until connected and subscribed."""
        return self._up.wait(timeout_s)

    def publish(self, topic: Topic, key: str, payload: bytes) -> mqtt.MQTTMessageInfo | None:
        """Publish as the contract says; while the link is down nothing is queued, because everything retained is repainted at connect."""
        if not self._up.is_set():
            return None
        properties = None
        if topic.expiry is not None:
            properties = Properties(PacketTypes.PUBLISH)  # type: ignore[no-untyped-call]
            properties.MessageExpiryInterval = topic.expiry
        return self._client.publish(topic.of(key), payload, topic.qos, topic.retain, properties)

    def clear(self, topic: str) -> None:
        """Take a retained message off the broker."""
        if self._up.is_set():
            self._client.publish(topic, b"", 1, retain=True)

    def stop(self, last: Callable[[], mqtt.MQTTMessageInfo | None]) -> None:
        """Finish what was taken in, publish the last word and wait for it, hang up."""
        self._incoming.put(None)
        self._worker.join(FLUSH_WITHIN_S)
        info = last()
        if info:
            try:
                info.wait_for_publish(FLUSH_WITHIN_S)
            except (RuntimeError, ValueError):
                log.warning("the broker went before the offline status")
        self._up.clear()
        self._client.disconnect()
        self._client.loop_stop()

    def _connected(self, client: mqtt.Client, _userdata: object, _flags: object, reason: Any, _properties: object) -> None:
        if reason.is_failure:
            log.error("broker refused us reason=%s", reason)
            return
        options = SubscribeOptions(qos=1, retainAsPublished=True)
        client.subscribe([(topic.pattern, options) for topic in self._subscriptions])
        self._up.set()
        self._incoming.put_nowait(Incoming("", b"", retained=False))  # the worker repaints before anything else is decided

    def _disconnected(self, *_: object) -> None:
        self._up.clear()

    def _arrived(self, _client: mqtt.Client, _userdata: object, message: mqtt.MQTTMessage) -> None:
        self._incoming.put_nowait(Incoming(message.topic, bytes(message.payload), message.retain))

    def _work(self) -> None:
        while (incoming := self._incoming.get()) is not None:
            try:
                if incoming.topic:
                    self._handle(incoming)
                else:
                    self._on_up()
            except Exception:  # one message must not stop the next
                log.exception("mqtt message failed topic=%s payload=%r", incoming.topic, incoming.payload[:200])


def _no_delay(_client: mqtt.Client, _userdata: object, sock: Any) -> None:
    """Without this a press takes 44 ms longer (`research/perf.md` 1d)."""
    sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
