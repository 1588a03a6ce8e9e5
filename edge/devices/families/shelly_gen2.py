"""Shelly of the second generation and later (Plus i4, Plus 1, Gen3, Gen4; BLU buttons behind them): address is the MQTT prefix, by default its id.

With `/<input>` it is another input than 0; from 200 on the number is that of a Bluetooth device.

An event has the instant at which it happened, by the device's clock: equal instants are one press. That clock may be wrong in a hall without an
NTP server, so it is never asked how late a press is.
"""

from collections.abc import Iterator

from edge.devices.families.said import Present, Pressed, Said, Topics, json_object, number, text
from edge.queueing.desk import Key

_KEYS = {"single_push": Key.PRESS, "double_push": Key.DOUBLE, "long_push": Key.HOLD}
_FIRST_BLUETOOTH = 200


def heard(address: str) -> Topics:
    """Its events, and whether it is there."""
    name = address.partition("/")[0]
    return (f"{name}/events/rpc", f"{name}/online")


def rights(address: str) -> tuple[Topics, Topics]:
    """All under its prefix."""
    name = address.partition("/")[0]
    return (f"{name}/#",), (f"{name}/#",)


def greeting(_address: str) -> None:
    """Events are said once: there is nothing to ask for."""


def said(address: str, topic: str, payload: bytes) -> Iterator[Said]:
    """Translate one message."""
    events, _online = heard(address)
    if topic != events:
        yield Present("ready" if text(payload) == "true" else "lost")
        return
    values = json_object(payload)
    params = values.get("params")
    if values.get("method") != "NotifyEvent" or not isinstance(params, dict):
        return
    for event in params.get("events") or ():
        if isinstance(event, dict) and event.get("component") == _component(address) and (key := _KEYS.get(str(event.get("event")))):
            at = number(event.get("ts")) or number(params.get("ts"))
            yield Pressed(key, mark=f"{key}.{at}" if at else None)


def _component(address: str) -> str:
    channel = int(address.partition("/")[2] or 0)
    return f"{'bthomedevice' if channel >= _FIRST_BLUETOOTH else 'input'}:{channel}"
