"""A device as its maker would build it: paho, MQTT 5, its own login. Remembers all it got and every answer of the broker."""

import json
import socket
import threading
from dataclasses import dataclass
from types import TracebackType
from typing import Any, Literal, Self

import paho.mqtt.client as mqtt
from paho.mqtt.enums import CallbackAPIVersion
from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.properties import Properties
from paho.mqtt.subscribeoptions import SubscribeOptions

from edge.devices.link import Login
from tests.demo_process import wait_for

SUCCESS, NO_SUBSCRIBERS, NOT_AUTHORIZED = 0x00, 0x10, 0x87


@dataclass(frozen=True, slots=True)
class Message:
    """One delivered message; ``retain`` as it was published, ``expiry`` in seconds or None."""

    topic: str
    qos: int
    retain: bool
    expiry: int | None
    payload: bytes

    @property
    def json(self) -> Any:
        return json.loads(self.payload)


class Client:
    """Connected and subscribed once constructed and entered; ``refused`` is the CONNACK reason when it was not let in."""

    def __init__(self, login: Login, *topics: str, transport: Literal["tcp", "websockets"] = "tcp", will: tuple[str, bytes] | None = None) -> None:
        self.messages: list[Message] = []
        self.refused: int | None = None
        self.lost = threading.Event()
        self._topics = topics
        self._ready = threading.Event()
        self._answers: dict[int, int] = {}
        self._client = mqtt.Client(CallbackAPIVersion.VERSION2, protocol=mqtt.MQTTv5, transport=transport, reconnect_on_failure=False)
        self._client.username_pw_set(login.user, login.password)
        if will:
            self._client.will_set(will[0], will[1], 1, retain=True)
        self._client.on_connect = self._connected
        self._client.on_subscribe = lambda *_: self._ready.set()
        self._client.on_message = self._arrived
        self._client.on_publish = self._answered
        self._client.on_disconnect = lambda *_: self.lost.set()
        self._client.connect(login.host, login.port, 30, clean_start=True)
        self._client.loop_start()
        assert self._ready.wait(5), f"{login.user} got no answer"

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self._client.disconnect()
        self._client.loop_stop()
        self._client.on_connect = self._client.on_subscribe = self._client.on_message = self._client.on_publish = self._client.on_disconnect = (
            None  # no circle: paho closes the last of its sockets when it is let go
        )

    def drop(self) -> None:
        """Vanish without a word, as a device that loses power."""
        sock: Any = self._client.socket()
        sock.shutdown(socket.SHUT_RDWR)

    def publish(self, topic: str, payload: object = None, *, qos: int = 1, retain: bool = False, expiry: int | None = None) -> int:
        """Publish bytes, text or JSON; return the broker's reason code (QoS 1)."""
        properties = Properties(PacketTypes.PUBLISH)  # type: ignore[no-untyped-call]  # paho leaves it untyped
        if expiry is not None:
            properties.MessageExpiryInterval = expiry
        body = payload if isinstance(payload, bytes) else b"" if payload is None else json.dumps(payload).encode()
        sent = self._client.publish(topic, body, qos, retain, properties)
        if qos == 0:
            return SUCCESS
        wait_for(f"the answer to {topic}", lambda: sent.mid in self._answers)
        return self._answers[sent.mid]

    def codes(self, *names: str) -> dict[str, int]:
        """Publish an empty message to each topic, in this order and without waiting; return the broker's reason codes by topic."""
        sent = {name: self._client.publish(name, b"", 1).mid for name in names}
        wait_for("all answers", lambda: self._answers.keys() >= set(sent.values()))
        return {name: self._answers[mid] for name, mid in sent.items()}

    def of(self, topic: str) -> list[Message]:
        """Return what came on one topic, oldest first."""
        return [message for message in list(self.messages) if message.topic == topic]

    def wait(self, topic: str, count: int = 1, within_s: float = 5.0, **fields: object) -> Message:
        """Return the ``count``-th message on ``topic`` whose JSON has these ``fields``."""

        def found() -> list[Message]:
            return [m for m in self.of(topic) if not fields or (m.payload and all(m.json.get(k) == v for k, v in fields.items()))][count - 1 :]

        return wait_for(f"message {count} on {topic} with {fields}", found, within_s)[0]

    def _connected(self, client: mqtt.Client, _data: object, _flags: object, reason: Any, _properties: object) -> None:
        if reason.is_failure:
            self.refused = reason.value
            self._ready.set()
        elif self._topics:
            client.subscribe([(topic, SubscribeOptions(qos=1, retainAsPublished=True)) for topic in self._topics])
        else:
            self._ready.set()

    def _arrived(self, _client: mqtt.Client, _data: object, message: mqtt.MQTTMessage) -> None:
        expiry = getattr(message.properties, "MessageExpiryInterval", None)
        self.messages.append(Message(message.topic, message.qos, message.retain, expiry, bytes(message.payload)))

    def _answered(self, _client: mqtt.Client, _data: object, mid: int, reason: Any, _properties: object) -> None:
        self._answers[mid] = reason.value
