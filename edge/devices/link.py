"""The server's one connection to the broker: MQTT 5, clean start, last will, a new client for every connection.

No exception ever leaves a callback: paho would end its network thread. Callbacks only enqueue; one worker decides, commits and answers.
A new client each time, because paho sends what it had not got through again after a reconnect, and an old picture would overpaint a new one.
"""

import logging
import queue
import socket
import threading
import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from functools import partial, wraps
from typing import Any, ParamSpec

import paho.mqtt.client as mqtt
from paho.mqtt.enums import CallbackAPIVersion
from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.properties import Properties
from paho.mqtt.subscribeoptions import SubscribeOptions

from edge.devices.topics import By, Topic

log = logging.getLogger(__name__)

MOST_WAITING = 10_000  # messages; more means that nobody decides any more
MOST_UNANSWERED = 1000
LET_RUN_S = 0.0001  # measured: 0.3 ms earlier on the board
FLUSH_WITHIN_S = 2.0
RETRY_S = 0.2
KEEP_ALIVE_S = 10

P = ParamSpec("P")
Sent = mqtt.MQTTMessageInfo


@dataclass(frozen=True, slots=True)
class Login:
    """Where the broker is and as whom to speak to it."""

    host: str
    port: int
    user: str
    password: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class Incoming:
    """A message from a device. ``retained``: it was lying on the broker, or was sent to lie there. ``arrived``: monotonic seconds.

    ``expiry``: seconds it had left on arrival, None if it does not say.
    """

    topic: str
    payload: bytes
    retained: bool
    arrived: float
    expiry: int | None = None


@dataclass(frozen=True, slots=True)
class Will:
    """What the broker publishes when we vanish; written anew for each connection."""

    topic: Topic
    write: Callable[[], bytes]


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
    """Connect, subscribe, hand over, publish. ``handle`` runs on the worker; ``on_up`` too, at each connect, before any message of it.

    ``others``: the topics of other makers' devices at that moment; ``on_others`` runs whenever they are subscribed.
    ``may_connect`` is asked before each connection: a password is not said to whoever happens to listen.
    """

    def __init__(
        self,
        login: Login,
        will: Will,
        subscriptions: Sequence[Topic],
        *,
        handle: Callable[[Incoming], None],
        on_up: Callable[[], None],
        may_connect: Callable[[], bool],
        others: Callable[[], Iterable[str]] = tuple,
        on_others: Callable[[], None] = lambda: None,
    ) -> None:
        self._login = login
        self._will = will
        self._subscriptions = subscriptions
        self._handle = handle
        self._on_up = on_up
        self._may_connect = may_connect
        self._others = others
        self._on_others = on_others
        self._incoming: queue.Queue[Incoming | None] = queue.Queue(MOST_WAITING)
        self._client: mqtt.Client | None = None
        self._up = threading.Event()
        self._gone = threading.Event()
        self._repaint_due = threading.Event()
        self._greeting_due = threading.Event()
        self._stopping = threading.Event()
        self._connector = threading.Thread(target=self._keep_connected, name="mqtt-link", daemon=True)
        self._worker = threading.Thread(target=self._work, name="mqtt-worker", daemon=True)

    @property
    def is_up(self) -> bool:
        """Tell whether we are connected and subscribed."""
        return self._up.is_set()

    @property
    def waiting(self) -> int:
        """Messages taken in and not yet decided."""
        return self._incoming.qsize()

    def start(self) -> None:
        """Connect and keep connected; returns at once."""
        self._worker.start()
        self._connector.start()

    def wait_up(self, timeout_s: float) -> bool:
        """Wait until connected and subscribed."""
        return self._up.wait(timeout_s)

    def publish(self, topic: Topic, key: str, payload: bytes) -> Sent | None:
        """Publish as the contract says. While the link is down nothing is kept: everything retained is repainted at connect."""
        client = self._client
        if client is None or not self._up.is_set():
            return None
        properties = None
        if topic.expiry is not None:
            properties = Properties(PacketTypes.PUBLISH)  # type: ignore[no-untyped-call]  # paho leaves it untyped
            properties.MessageExpiryInterval = topic.expiry
        return client.publish(topic.of(key), payload, topic.qos, topic.retain, properties)

    def let_sender_run(self) -> None:
        """Give the network thread the interpreter for a moment; else what was published leaves only when this thread has done its work."""
        time.sleep(LET_RUN_S)

    def send(self, topic: str, payload: bytes) -> None:
        """Ask a device of another maker for something; while the link is down nothing is kept."""
        if self._client and self._up.is_set():
            self._client.publish(topic, payload, 1)

    def subscribe_again(self) -> None:
        """Other topics of other makers' devices are wanted now. The broker says again what lies retained on them, as at a connect."""
        wishes = self._wishes_of_others()
        if self._client and self._up.is_set() and wishes:
            self._client.subscribe(wishes)

    def clear(self, topic: str) -> None:
        """Take a retained message off the broker."""
        if self._client and self._up.is_set():
            self._client.publish(topic, b"", 1, retain=True)

    def stop(self, last: Callable[[], Sent | None]) -> None:
        """Finish what was taken in, publish the last word and wait for it, hang up."""
        self._stopping.set()
        try:
            self._incoming.put(None, timeout=FLUSH_WITHIN_S)
            self._worker.join(FLUSH_WITHIN_S)
        except queue.Full:
            log.warning("stopped with messages undecided count=%d", self.waiting)
        sent = last()
        if sent and not delivered(sent, FLUSH_WITHIN_S):
            log.warning("the broker went before the last word")
        self._up.clear()
        if self._client:
            self._client.disconnect()
        self._gone.set()
        self._connector.join(FLUSH_WITHIN_S)
        self._client = None  # paho closes the last of its sockets when it is let go

    # the connector's thread

    def _keep_connected(self) -> None:
        while True:
            self._gone.clear()
            if self._stopping.is_set():
                return
            try:
                if self._may_connect():
                    self._connect_once()
            except OSError as error:
                log.debug("no broker yet why=%s", error)
            except Exception:  # whatever it is, the hall needs its link back
                log.exception("link failed")
            self._stopping.wait(RETRY_S)

    def _connect_once(self) -> None:
        """Connect, and return when that connection is gone. Raises OSError when there is no broker."""
        client = self._new_client()
        properties = Properties(PacketTypes.CONNECT)  # type: ignore[no-untyped-call]
        properties.SessionExpiryInterval = 0
        client.connect(self._login.host, self._login.port, KEEP_ALIVE_S, clean_start=True, properties=properties)
        self._client = client
        client.loop_start()
        self._gone.wait()
        self._up.clear()
        client.loop_stop()

    def _new_client(self) -> mqtt.Client:
        client = mqtt.Client(CallbackAPIVersion.VERSION2, client_id="", protocol=mqtt.MQTTv5, reconnect_on_failure=False)
        client.username_pw_set(self._login.user, self._login.password)
        client.will_set(self._will.topic.of(), self._will.write(), self._will.topic.qos, self._will.topic.retain)
        client.max_inflight_messages_set(MOST_UNANSWERED)
        client.on_connect = guarded(self._connected)
        client.on_subscribe = guarded(self._subscribed)
        client.on_disconnect = guarded(self._disconnected)
        client.on_message = guarded(self._arrived)
        client.on_socket_open = guarded(no_delay)
        return client

    # paho's thread

    def _connected(self, client: mqtt.Client, _userdata: object, _flags: object, reason: Any, _properties: object) -> None:
        if reason.is_failure:
            log.error("broker refused us reason=%s", reason)
            return
        wishes = []
        for topic in self._subscriptions:  # of our own topics we want our own messages: they are an echo
            options = SubscribeOptions(qos=1, noLocal=topic.by is By.DEVICE, retainAsPublished=True)
            wishes.append((topic.pattern, options))
        client.subscribe(wishes + self._wishes_of_others())

    def _wishes_of_others(self) -> list[tuple[str, SubscribeOptions]]:
        return [(name, SubscribeOptions(qos=1, noLocal=True, retainAsPublished=True)) for name in self._others()]

    def _subscribed(self, *_: object) -> None:
        """Only now will nothing that a device says be missed."""
        if not self._up.is_set():
            self._repaint_due.set()
        self._greeting_due.set()
        self._up.set()
        self._enqueue(Incoming("", b"", retained=False, arrived=0.0))  # wakes the worker

    def _disconnected(self, *_: object) -> None:
        self._up.clear()
        self._gone.set()

    def _arrived(self, _client: mqtt.Client, _userdata: object, message: mqtt.MQTTMessage) -> None:
        expiry = getattr(message.properties, "MessageExpiryInterval", None)
        self._enqueue(Incoming(message.topic, bytes(message.payload), message.retain, time.monotonic(), expiry))

    def _enqueue(self, incoming: Incoming) -> None:
        try:
            self._incoming.put_nowait(incoming)
        except queue.Full:  # the device repeats it
            log.error("message dropped, too many wait topic=%s", incoming.topic)  # noqa: TRY400 -- no fault of this line

    # the worker's thread

    def _work(self) -> None:
        while (incoming := self._incoming.get()) is not None:
            if self._repaint_due.is_set():
                self._repaint_due.clear()
                self._run("repaint", self._on_up)
            if self._greeting_due.is_set():
                self._greeting_due.clear()
                self._run("greeting", self._on_others)
            if incoming.topic:
                self._run(incoming.topic, partial(self._handle, incoming))

    def _run(self, what: str, action: Callable[[], None]) -> None:
        """One message, or one repaint, must not stop the next."""
        try:
            action()
        except Exception:
            log.exception("mqtt message failed topic=%s", what)


def delivered(sent: Sent, timeout_s: float) -> bool:
    """Wait until the broker has taken a message; False when it did not."""
    try:
        sent.wait_for_publish(timeout_s)
        return sent.is_published()
    except (RuntimeError, ValueError):
        return False


def no_delay(_client: mqtt.Client, _userdata: object, sock: Any) -> None:
    """Without this a press takes 44 ms longer (measured on loopback)."""
    sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
