"""Shelly of the first generation (Button1, i3, 1, 1L): address is its id, or with `/<input>` for another input than 0.

`input_event` carries a counter. A powered device says its newest event again every 30 s, at each connection, and when it is asked to `update`: only a
count that went on while we listened is a press. One that fell is an old message, unless it is 0 or the device came up meanwhile. Button1 sleeps, and
connects because it is pressed.
"""

from collections.abc import Iterator

from edge.devices.families.said import Measured, Present, Pressed, Said, Topics, json_object, number, text
from edge.devices.payloads import Unreadable
from edge.queueing.desk import Key

_KEYS = {"S": Key.PRESS, "SS": Key.DOUBLE, "L": Key.HOLD}
_SLEEPER = "shellybutton1"
_LARGEST = 2**32 - 1


def heard(address: str) -> Topics:
    """Its input, whether it is there, its battery."""
    name, _, channel = address.partition("/")
    return (f"shellies/{name}/input_event/{channel or 0}", f"shellies/{name}/online", f"shellies/{name}/sensor/battery")


def rights(address: str) -> tuple[Topics, Topics]:
    """Its own topics, and commands to it alone."""
    name = address.partition("/")[0]
    return (f"shellies/{name}/#",), (f"shellies/{name}/#",)


def greeting(address: str) -> tuple[str, bytes]:
    """`update` makes it publish all that it knows."""
    return f"shellies/{address.partition('/')[0]}/command", b"update"


def said(address: str, topic: str, payload: bytes) -> Iterator[Said]:
    """Translate one message."""
    event, online, _battery = heard(address)
    sleeps = address.startswith(_SLEEPER)
    if topic == event:
        values = json_object(payload)
        count = values.get("event_cnt")
        if count is not None and (not isinstance(count, int) or isinstance(count, bool) or not 0 <= count <= _LARGEST):
            raise Unreadable(f"event_cnt {count!r} is no counter")
        yield Pressed(_KEYS.get(str(values.get("event"))), count)
    elif topic == online:
        here = text(payload) == "true"
        yield Present("ready" if here else "sleeping" if sleeps else "lost", settles=here and not sleeps)
    else:
        try:
            battery = number(float(text(payload)))
        except ValueError as error:
            raise Unreadable(str(error)) from None
        if battery is not None:
            yield Measured({"battery": battery})
