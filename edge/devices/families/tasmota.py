"""Tasmota (any ESP relay or button board): address is its `Topic`, or with `/<number>` for another button than 1. Its `FullTopic` stays as it is.

With `SetOption73 1` a button says `{"Button1":{"Action":"SINGLE"}}` among the results of commands. There is no counter. `ButtonRetain` must be off.
"""

from collections.abc import Iterator

from edge.devices.families.said import Present, Pressed, Said, Topics, json_object, text
from edge.queueing.desk import Key

_KEYS = {"SINGLE": Key.PRESS, "DOUBLE": Key.DOUBLE, "HOLD": Key.HOLD}


def heard(address: str) -> Topics:
    """Results, the button among them, and its will."""
    name = address.partition("/")[0]
    return (f"stat/{name}/RESULT", f"tele/{name}/LWT")


def rights(address: str) -> tuple[Topics, Topics]:
    """What it says and measures; commands to it."""
    name = address.partition("/")[0]
    return (f"stat/{name}/#", f"tele/{name}/#"), (f"cmnd/{name}/#",)


def greeting(_address: str) -> None:
    """Presses are said once: there is nothing to ask for."""


def said(address: str, topic: str, payload: bytes) -> Iterator[Said]:
    """Translate one message."""
    results, _will = heard(address)
    if topic != results:
        here = text(payload) == "Online"
        yield Present("ready" if here else "lost", settles=here)
        return
    button = json_object(payload).get(f"Button{address.partition('/')[2] or 1}")
    if isinstance(button, dict) and (key := _KEYS.get(str(button.get("Action")))):
        yield Pressed(key)
