"""Two short conversations that prove a broker is ready and ours: an MQTT 5 CONNECT, and a WebSocket upgrade. Nothing is subscribed or kept."""

import base64
import os
import socket
import struct
from enum import Enum, auto

TIMEOUT_S = 1.0


class Answer(Enum):
    """What the other side said to CONNECT."""

    ACCEPTED = auto()
    REFUSED = auto()
    NONE = auto()


def connack(host: str, port: int, user: str, password: str) -> Answer:
    """Connect once with these credentials and hang up."""
    variable = b"\x00\x04MQTT\x05\xc2\x00\x05\x00"  # user, password, clean start; keep-alive 5 s; no properties
    body = variable + _text("") + _text(user) + _text(password)
    try:
        with socket.create_connection((host, port), TIMEOUT_S) as connection:
            connection.settimeout(TIMEOUT_S)
            connection.sendall(bytes([0x10, len(body)]) + body)
            answer = connection.recv(4)
    except OSError:
        return Answer.NONE
    if len(answer) < 4 or answer[0] != 0x20:
        return Answer.NONE
    return Answer.ACCEPTED if answer[3] == 0 else Answer.REFUSED


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


def _text(text: str) -> bytes:
    raw = text.encode()
    return struct.pack("!H", len(raw)) + raw
