"""Simulated visitors and clerks for `edge demo --traffic`: real MQTT devices with the demo's own logins, and an example of how a device behaves.

A device repeats the same id every two seconds until it is answered, and never invents a second id for one wish. What each device does follows from
the seed and its own name alone; only ids are new with each start, because the server remembers the old ones.
"""

import json
import logging
import random
import secrets
import threading
import time
from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import paho.mqtt.client as mqtt
from paho.mqtt.enums import CallbackAPIVersion
from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.properties import Properties

from edge.devices import topics
from edge.devices.link import guarded, no_delay
from edge.devices.topics import Topic
from edge.queueing.registry import Kind

log = logging.getLogger(__name__)

REPEAT_S = 2.0
LANGS = {"ky": 60, "ru": 30, "kk": 5, "en": 5}
ARRIVAL_S = 3.2  # between visitors at one kiosk, on average; two kiosks keep eight desks nearly busy
ARRIVAL_LIMITS_S = (0.5, 20.0)
CROWDED = 30  # tickets ahead; then visitors come later
CROWDED_PAUSE_S = 30.0
SERVICE_S = (6.0, 18.0)
IDLE_S = (2.0, 4.0)
KEYS = {"press": 92, "double": 4, "hold": 4}


@dataclass(frozen=True, slots=True)
class Asked:
    """A wish on its way: the same bytes go out again until it is answered or too old."""

    id: str
    payload: bytes
    given_up_at: float


class Simulated(ABC):
    """One device with its own connection. All but paho's callbacks runs on the traffic's thread; ``changed`` guards what both touch."""

    asks: Topic
    answered_on: Topic
    kind: Kind

    def __init__(self, host: str, port: int, entry: Mapping[str, Any], seed: int, changed: threading.Condition) -> None:
        self.name = str(entry["id"])
        self.due = time.monotonic()
        self._random = random.Random(f"{seed} {self.name}")  # noqa: S311 -- repeatable on purpose
        self._changed = changed
        self._boot_id = secrets.token_hex(4)
        self._count = 0
        self._asked: Asked | None = None
        self._client = client = mqtt.Client(CallbackAPIVersion.VERSION2, protocol=mqtt.MQTTv5)
        client.username_pw_set(entry["user"], entry["password"])
        client.will_set(topics.DEV_STATUS.of(self.name), self._status("lost"), 1, retain=True)
        client.reconnect_delay_set(1, 5)
        client.on_connect = guarded(self._connected)
        client.on_message = guarded(self._arrived)
        client.on_socket_open = guarded(no_delay)
        client.connect_async(host, port, 30, clean_start=True)

    def start(self) -> None:
        """Connect, and connect again whenever the broker was away."""
        self._client.loop_start()

    def stop(self) -> None:
        """Say goodbye and hang up."""
        if self._client.is_connected():
            self._client.publish(topics.DEV_STATUS.of(self.name), self._status("disconnected"), 1, retain=True)
        self._client.disconnect()
        self._client.loop_stop()

    def next_message(self, now: float) -> bytes:
        """Return what to send now: a new wish, or the unanswered one again; sets when it is due next."""
        if self._asked is None or now >= self._asked.given_up_at:
            self._count += 1
            id_ = f"{self._boot_id}.{self._count}"
            payload = json.dumps({"v": 1, "ts": None, "id": id_, **self.wish()}).encode()
            self._asked = Asked(id_, payload, now + (self.asks.expiry or 0))
        self.due = now + REPEAT_S
        return self._asked.payload

    def send(self, payload: bytes) -> None:
        """Publish a wish; without a connection it is dropped, as a device without a clock must not queue."""
        if self._client.is_connected():
            properties = Properties(PacketTypes.PUBLISH)  # type: ignore[no-untyped-call]  # paho leaves it untyped
            properties.MessageExpiryInterval = self.asks.expiry
            self._client.publish(self.asks.of(self.name), payload, self.asks.qos, self.asks.retain, properties)

    @abstractmethod
    def wish(self) -> dict[str, Any]:
        """Return what it asks for next."""

    @abstractmethod
    def pause_after(self, answer: Mapping[str, Any]) -> float:
        """Return the seconds until it asks for something else."""

    def _connected(self, client: mqtt.Client, _userdata: object, _flags: object, reason: Any, _properties: object) -> None:
        if reason.is_failure:
            log.error("simulated device refused device=%s reason=%s", self.name, reason)
            return
        client.subscribe(self.answered_on.of(self.name), 1)
        client.publish(topics.DEV_STATUS.of(self.name), self._status("ready"), 1, retain=True)
        about = {"v": 1, "kind": self.kind, "model": "simulated", "caps": []}
        client.publish(topics.DEV_ABOUT.of(self.name), json.dumps(about), 1, retain=True)

    def _arrived(self, _client: mqtt.Client, _userdata: object, message: mqtt.MQTTMessage) -> None:
        answer = json.loads(message.payload)
        with self._changed:
            if self._asked and self._asked.id in (answer.get("event_id"), answer.get("request_id")):
                self._asked = None
                self.due = time.monotonic() + self.pause_after(answer)
                self._changed.notify()

    def _status(self, state: str) -> bytes:
        return json.dumps({"v": 1, "state": state, "boot_id": self._boot_id, "fw": "simulated"}).encode()


class Visitors(Simulated):
    """A headless kiosk: people come by, more slowly when it is crowded."""

    asks, answered_on, kind = topics.DEV_ISSUE, topics.DEV_ISSUED, Kind.KIOSK

    def __init__(self, host: str, port: int, entry: Mapping[str, Any], seed: int, changed: threading.Condition, services: Sequence[str]) -> None:
        super().__init__(host, port, entry, seed, changed)
        self._services = list(services)

    def wish(self) -> dict[str, Any]:
        """Return the wish of the next visitor."""
        lang = self._random.choices(list(LANGS), list(LANGS.values()))[0]
        return {"service": self._random.choice(self._services), "category": None, "lang": lang}

    def pause_after(self, answer: Mapping[str, Any]) -> float:
        """Return the time to the next arrival."""
        shortest, longest = ARRIVAL_LIMITS_S
        pause = min(max(self._random.expovariate(1 / ARRIVAL_S), shortest), longest)
        ticket = answer.get("ticket") or {}
        return pause + (CROWDED_PAUSE_S if ticket.get("ahead", 0) > CROWDED else 0.0)


class Clerk(Simulated):
    """A button: the clerk serves for a while and presses again."""

    asks, answered_on, kind = topics.DEV_EVENT, topics.DEV_ACK, Kind.BUTTON

    def __init__(self, host: str, port: int, entry: Mapping[str, Any], seed: int, changed: threading.Condition) -> None:
        super().__init__(host, port, entry, seed, changed)
        self._has_ticket = False

    def wish(self) -> dict[str, Any]:
        """Return the next press: now and then a recall or a no-show."""
        key = self._random.choices(list(KEYS), list(KEYS.values()))[0] if self._has_ticket else "press"
        return {"type": key}

    def pause_after(self, answer: Mapping[str, Any]) -> float:
        """Return how long this visitor takes, or how long the clerk waits for one."""
        self._has_ticket = answer.get("led") in ("blink", "steady")
        return self._random.uniform(*(SERVICE_S if self._has_ticket else IDLE_S))


class Traffic:
    """``devices`` as in `demo.json`; ``services``: codes that visitors ask for. The same seed gives the same visitors and clerks."""

    def __init__(self, host: str, port: int, devices: Sequence[Mapping[str, Any]], services: Sequence[str], seed: int) -> None:
        self._changed = threading.Condition()
        self._stopping = False
        kiosks = [Visitors(host, port, entry, seed, self._changed, services) for entry in devices if entry["kind"] == Kind.KIOSK]
        clerks = [Clerk(host, port, entry, seed, self._changed) for entry in devices if entry["kind"] == Kind.BUTTON]
        self._devices: list[Simulated] = [*kiosks, *clerks]
        self._thread = threading.Thread(target=self._run, name="traffic", daemon=True)

    def start(self) -> None:
        """Let the first visitor come in."""
        for device in self._devices:
            device.start()
        self._thread.start()

    def stop(self) -> None:
        """Send everyone home; returns when all connections are closed."""
        with self._changed:
            self._stopping = True
            self._changed.notify()
        self._thread.join()
        for device in self._devices:
            device.stop()

    def _run(self) -> None:
        while self._devices and not self._stopping:
            now = time.monotonic()
            with self._changed:
                wishes = [(device, device.next_message(now)) for device in self._devices if device.due <= now]
            for device, payload in wishes:  # never publish under a lock that paho's callbacks want
                device.send(payload)
            with self._changed:
                if not self._stopping:
                    self._changed.wait(max(0.0, min(device.due for device in self._devices) - time.monotonic()))
