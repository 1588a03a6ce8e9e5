"""Short conversations that prove a broker is ready, ours, and keeps its rules. Nothing is subscribed or kept.

Written on the bare socket: a probe must not depend on the client library whose connection it stands in for.
"""

import base64
import os
import socket
import struct
from enum import Enum, auto

TIMEOUT_S = 1.0
_CONNACK, _PUBACK = 0x20, 0x40


class Answer(Enum):
    """What the other side said."""

    ACCEPTED = auto()
    REFUSED = auto()
    NONE = auto()


def connack(host: str, port: int, user: str, password: str) -> Answer:
    """Connect once with these credentials and hang up."""
    try:
        with socket.create_connection((host, port), TIMEOUT_S) as connection:
            return _connect(connection, user, password)
    except OSError:
        return Answer.NONE


def publish(host: str, port: int, user: str, password: str, topic: str) -> Answer:
    """Log in and publish an empty message with QoS 1; REFUSED is reason 0x80 or above, NONE also stands for a refused login."""
    try:
        with socket.create_connection((host, port), TIMEOUT_S) as connection:
            if _connect(connection, user, password) is not Answer.ACCEPTED:
                return Answer.NONE
            body = _text(topic) + b"\x00\x01" + b"\x00"  # packet id 1, no properties, no payload
            connection.sendall(bytes([0x32, len(body)]) + body)
            kind, body = _packet(connection)
    except OSError:
        return Answer.NONE
    if kind != _PUBACK:
        return Answer.NONE
    return Answer.REFUSED if len(body) > 2 and body[2] >= 0x80 else Answer.ACCEPTED  # noqa: PLR2004 -- MQTT 5, 3.4.2.1


def upgrades(host: str, port: int) -> bool:
    """Tell whether a WebSocket listener that speaks MQTT answers."""
    key = base64.b64encode(os.urandom(16)).decode()
    request = (
        f"GET /mqtt HTTP/1.1\r\nHost: {host}:{port}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
        f"Sec-WebSocket-Key: {key}\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Protocol: mqtt\r\n\r\n"
    )
    try:
        with socket.create_connection((host, port), TIMEOUT_S) as connection:
            connection.settimeout(TIMEOUT_S)
            connection.sendall(request.encode())
            return b" 101 " in connection.recv(64)
    except OSError:
        return False


def _connect(connection: socket.socket, user: str, password: str) -> Answer:
    connection.settimeout(TIMEOUT_S)
    variable = b"\x00\x04MQTT\x05\xc2\x00\x05\x00"  # user, password, clean start; keep-alive 5 s; no properties
    body = variable + _text("") + _text(user) + _text(password)
    connection.sendall(bytes([0x10, len(body)]) + body)
    kind, answer = _packet(connection)
    if kind != _CONNACK or len(answer) < 2:  # noqa: PLR2004 -- flags and reason code
        return Answer.NONE
    return Answer.ACCEPTED if answer[1] == 0 else Answer.REFUSED


def _packet(connection: socket.socket) -> tuple[int, bytes]:
    """Read one packet whose length fits one byte, as all answers to us do. Raises OSError."""
    kind, length = _read(connection, 2)
    if length > 127:  # noqa: PLR2004 -- a second length byte would follow
        raise OSError("not an MQTT answer")
    return kind & 0xF0, _read(connection, length)


def _read(connection: socket.socket, size: int) -> bytes:
    got = b""
    while len(got) < size:
        more = connection.recv(size - len(got))
        if not more:
            raise OSError("hung up")
        got += more
    return got


def _text(text: str) -> bytes:
    raw = text.encode()
    return struct.pack("!H", len(raw)) + raw
