"""Every topic of `contract/mqtt.md` as data: who publishes it, QoS, retain, expiry. Nothing else is ever published under ``q/v1/``."""

import re
from dataclasses import dataclass
from enum import StrEnum

PREFIX = "q/v1"
LEVEL = re.compile(r"[a-z0-9-]{1,32}")


class By(StrEnum):
    """Who publishes."""

    SERVER = "server"
    DEVICE = "device"


@dataclass(frozen=True, slots=True)
class Topic:
    """``pattern`` has one ``+`` at most; ``expiry`` in seconds, None for none."""

    name: str
    pattern: str
    by: By
    qos: int
    retain: bool
    expiry: int | None = None

    def of(self, key: str = "") -> str:
        """Return the topic for a device, desk or zone."""
        return self.pattern.replace("+", key)


SRV_STATUS = Topic("srv/status", f"{PREFIX}/srv/status", By.SERVER, 1, retain=True)
SRV_TIME = Topic("srv/time", f"{PREFIX}/srv/time", By.SERVER, 0, retain=False, expiry=10)
DEV_STATUS = Topic("dev/status", f"{PREFIX}/dev/+/status", By.DEVICE, 1, retain=True)
DEV_ABOUT = Topic("dev/about", f"{PREFIX}/dev/+/about", By.DEVICE, 1, retain=True)
DEV_EVENT = Topic("dev/event", f"{PREFIX}/dev/+/event", By.DEVICE, 1, retain=False, expiry=10)
DEV_ACK = Topic("dev/ack", f"{PREFIX}/dev/+/ack", By.SERVER, 1, retain=False, expiry=10)
DEV_STAT = Topic("dev/stat", f"{PREFIX}/dev/+/stat", By.DEVICE, 0, retain=False, expiry=120)
DEV_CMD = Topic("dev/cmd", f"{PREFIX}/dev/+/cmd", By.SERVER, 1, retain=False, expiry=15)
DEV_REPLY = Topic("dev/reply", f"{PREFIX}/dev/+/reply", By.DEVICE, 1, retain=False, expiry=60)
DEV_CONFIG = Topic("dev/config", f"{PREFIX}/dev/+/config", By.SERVER, 1, retain=True)
DEV_RENDER = Topic("dev/render", f"{PREFIX}/dev/+/render", By.SERVER, 1, retain=True)
DEV_ISSUE = Topic("dev/issue", f"{PREFIX}/dev/+/issue", By.DEVICE, 1, retain=False, expiry=30)
DEV_ISSUED = Topic("dev/issued", f"{PREFIX}/dev/+/issued", By.SERVER, 1, retain=False, expiry=30)
BOARD_STATE = Topic("board/state", f"{PREFIX}/board/+/state", By.SERVER, 1, retain=True)
BOARD_CALL = Topic("board/call", f"{PREFIX}/board/+/call", By.SERVER, 1, retain=False, expiry=20)
KIOSK_STATE = Topic("kiosk/state", f"{PREFIX}/kiosk/+/state", By.SERVER, 1, retain=True)
DESK_STATE = Topic("desk/state", f"{PREFIX}/desk/+/state", By.SERVER, 1, retain=True)

TOPICS = (
    SRV_STATUS,
    SRV_TIME,
    DEV_STATUS,
    DEV_ABOUT,
    DEV_EVENT,
    DEV_ACK,
    DEV_STAT,
    DEV_CMD,
    DEV_REPLY,
    DEV_CONFIG,
    DEV_RENDER,
    DEV_ISSUE,
    DEV_ISSUED,
    BOARD_STATE,
    BOARD_CALL,
    KIOSK_STATE,
    DESK_STATE,
)
FROM_DEVICES = tuple(topic for topic in TOPICS if topic.by is By.DEVICE)
NEVER_RETAINED = (DEV_EVENT, DEV_ISSUE)


def find(text: str) -> tuple[Topic, str] | None:
    """Return the topic and its key, or None for one that is not ours."""
    for topic in TOPICS:
        before, plus, after = topic.pattern.partition("+")
        if not plus and text == before:
            return topic, ""
        key = text[len(before) : len(text) - len(after)] if plus else ""
        if plus and text == before + key + after and LEVEL.fullmatch(key):
            return topic, key
    return None
