"""MQTT as an integrator's shell script speaks it: `mosquitto_sub` and `mosquitto_pub` processes, MQTT 5.

A `Stream` is ready only once its subscriptions are in place (it has seen the retained `srv/status`), so nothing published later is missed.
"""

import json
import subprocess
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import TracebackType
from typing import Any, Self

PREFIX = "q/v1/"
STATUS = PREFIX + "srv/status"
FORMAT = "%t %q %r %E %x"


@dataclass(frozen=True, slots=True)
class Login:
    """Where the broker is and as whom to speak to it."""

    host: str
    port: int
    user: str
    password: str

    def arguments(self, version: str = "mqttv5") -> list[str]:
        """Return the options that every mosquitto client takes."""
        return ["-V", version, "-h", self.host, "-p", str(self.port), "-u", self.user, "-P", self.password]


@dataclass(frozen=True, slots=True)
class Message:
    """One delivered message. ``retain`` as published; ``expiry`` in seconds, None if it has none; ``at``: monotonic seconds of its arrival."""

    topic: str
    qos: int
    retain: bool
    expiry: int | None
    payload: bytes
    at: float

    @property
    def json(self) -> Any:
        """Return the payload as JSON."""
        return json.loads(self.payload)


class Stream:
    """Everything that `mosquitto_sub` receives on ``filters``, in order. ``ready_topic`` must be readable and retained."""

    def __init__(self, login: Login, *filters: str, ready_topic: str = STATUS) -> None:
        self.messages: list[Message] = []
        self._changed = threading.Condition()
        wanted = [*filters] if f"{PREFIX}#" in filters else [*filters, ready_topic]
        command = ["mosquitto_sub", *login.arguments(), "--nodelay", "-q", "2", "--retain-as-published", "-F", FORMAT]
        for each in wanted:
            command += ["-t", each]
        self._process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()
        self.wait(lambda message: message.topic == ready_topic, what=f"{ready_topic} as a sign that {login.user} is subscribed")

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self.close()

    def close(self) -> None:
        """End the process; messages received so far stay."""
        self._process.terminate()
        self._process.wait(timeout=5)
        self._reader.join(timeout=5)
        if self._process.stdout:
            self._process.stdout.close()

    def mark(self) -> int:
        """Return a place in the stream; `wait(since=…)` looks only behind it."""
        with self._changed:
            return len(self.messages)

    def since(self, mark: int) -> list[Message]:
        """Return the messages that came after ``mark``."""
        with self._changed:
            return self.messages[mark:]

    def wait(self, wanted: Callable[[Message], bool], *, since: int = 0, within: float = 10.0, what: str = "a message") -> Message:
        """Return the first message after ``since`` that is ``wanted``; fails after ``within`` seconds."""
        deadline = time.monotonic() + within
        with self._changed:
            while True:
                found = next((message for message in self.messages[since:] if wanted(message)), None)
                if found:
                    return found
                left = deadline - time.monotonic()
                assert left > 0, f"waited {within} s for {what}; came instead: {[(m.topic, m.payload[:120]) for m in self.messages[since:]][-8:]}"
                self._changed.wait(left)

    def calls(self, *numbers: str) -> list[Message]:
        """Return the announcements of these tickets so far; a number is used once a day, so other journeys' calls cannot be among them."""
        with self._changed:
            return [message for message in self.messages if message.topic.endswith("/call") and message.json["ticket"] in numbers]

    def catch_up(self, shown: Mapping[str, Any]) -> None:
        """Wait for this very picture of a desk (as HTTP answered it): what the server said before has then been seen too."""
        topic = f"{PREFIX}desk/{shown['desk']}/state"
        self.wait(lambda message: message.topic == topic and message.json["rev"] == shown["rev"], what=f"{topic} of rev {shown['rev']}")

    def latest(self, topic: str) -> Message | None:
        """Return the newest message on ``topic`` so far."""
        with self._changed:
            return next((message for message in reversed(self.messages) if message.topic == topic), None)

    def _read(self) -> None:
        assert self._process.stdout
        for line in self._process.stdout:
            topic, qos, retain, expiry, payload = line.rstrip("\n").split(" ")
            message = Message(topic, int(qos), retain == "1", int(expiry) if expiry else None, bytes.fromhex(payload), time.monotonic())
            with self._changed:
                self.messages.append(message)
                self._changed.notify_all()


def publish(
    login: Login,
    topic: str,
    payload: object,
    *,
    qos: int = 1,
    retain: bool = False,
    expiry: int | None = None,
    repeat: int = 1,
    version: str = "mqttv5",
) -> str:
    """Publish bytes or a JSON value ``repeat`` times and return what `mosquitto_pub` says on standard error (empty when accepted)."""
    body = payload if isinstance(payload, bytes) else json.dumps(payload, ensure_ascii=False).encode()
    command = ["mosquitto_pub", *login.arguments(version), "--nodelay", "-t", topic, "-q", str(qos)]
    command += ["-s"] if body else ["-n"]
    command += ["-r"] if retain else []
    command += ["-D", "publish", "message-expiry-interval", str(expiry)] if expiry is not None else []
    command += ["--repeat", str(repeat)] if repeat > 1 else []
    done = subprocess.run(command, input=body, capture_output=True, check=False, timeout=20)
    return done.stderr.decode()


class Publisher:
    """One lasting connection: each `send` is one line to `mosquitto_pub -l`, delivered in order."""

    def __init__(self, login: Login, topic: str) -> None:
        command = ["mosquitto_pub", *login.arguments(), "--nodelay", "-t", topic, "-q", "1", "-l"]
        self._process = subprocess.Popen(command, stdin=subprocess.PIPE, stderr=subprocess.PIPE, text=True, bufsize=1)

    def send(self, payload: object) -> None:
        """Publish one JSON value."""
        assert self._process.stdin
        self._process.stdin.write(json.dumps(payload) + "\n")

    def close(self) -> None:
        """End of input: `mosquitto_pub` sends what is left and goes."""
        self._process.communicate(timeout=10)
