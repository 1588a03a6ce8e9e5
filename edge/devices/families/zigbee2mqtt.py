"""Zigbee buttons behind Zigbee2MQTT: address `<base topic>/<friendly name>`, or with `/<key>` for one key of several.

A press is an `action`, in the JSON of the device or, with `output: attribute_and_json` or its Home Assistant option, also as text on a topic of its
own; `hearing` takes the two for one. An empty action only says that the last one is over. There is no counter. The bridge logs in, not the button.
"""

import re
from collections.abc import Iterator

from edge.devices.families.said import Measured, Present, Pressed, Said, Topics, json_object, number, text
from edge.queueing.desk import Key

_ACTION = re.compile(r"(?:(?:button_)?(?P<key>[0-9]{1,2})_)?(?P<what>[a-z_]+)")
_KEYS = {
    **dict.fromkeys(("single", "press", "click", "on", "toggle", "short_release"), Key.PRESS),
    **dict.fromkeys(("double", "double_press"), Key.DOUBLE),
    **dict.fromkeys(("hold", "long", "long_press"), Key.HOLD),
}


def heard(address: str) -> Topics:
    """The device, its action, whether it is there, and whether its bridge is."""
    base, name = address.split("/")[:2]
    return (f"{base}/{name}", f"{base}/{name}/action", f"{base}/{name}/availability", f"{base}/bridge/state")


def rights(address: str) -> tuple[Topics, Topics]:
    """The bridge has everything under its base topic, and nothing else."""
    tree = (f"{address.partition('/')[0]}/#",)
    return tree, tree


def greeting(_address: str) -> None:
    """A Zigbee button sleeps: nothing can be asked of it."""


def said(address: str, topic: str, payload: bytes) -> Iterator[Said]:
    """Translate one message."""
    device, action, availability, bridge = heard(address)
    if topic == device:
        values = json_object(payload)
        yield from _pressed(address, values.get("action"))
        if (battery := number(values.get("battery"))) is not None:
            yield Measured({"battery": battery})
    elif topic == action:
        yield from _pressed(address, text(payload))
    elif topic == availability:
        yield Present("ready" if _is_online(payload) else "lost")
    elif topic == bridge:
        yield Present(None, settles=True) if _is_online(payload) else Present("lost")


def _pressed(address: str, action: object) -> Iterator[Said]:
    found = _ACTION.fullmatch(action) if isinstance(action, str) else None
    wanted = address.split("/")[2:]
    if found and (not wanted or found["key"] == wanted[0]) and (key := _KEYS.get(found["what"])):
        yield Pressed(key)


def _is_online(payload: bytes) -> bool:
    """Since 2.0 it is JSON, before that a word."""
    word = text(payload)
    return (json_object(payload).get("state") if word.startswith("{") else word) == "online"
