"""What real buttons said while people pressed them: broker logs that their owners showed in public threads, with the thread of each.

Names and addresses are as they were logged, fields that no adapter reads are left out. The seconds are those of the log, counted from its first line.
"""

import json
from dataclasses import dataclass

from edge.queueing.desk import Key
from edge.queueing.registry import Device, Family, Kind

PRESS, DOUBLE, HOLD = Key.PRESS, Key.DOUBLE, Key.HOLD


@dataclass(frozen=True, slots=True)
class Recording:
    """``said``: seconds, topic, payload. ``presses``: what the owner had pressed."""

    thread: str
    device: Device
    said: tuple[tuple[float, str, str], ...]
    presses: tuple[Key, ...]


def _button(family: Family, address: str) -> Device:
    return Device("recorded", Kind.BUTTON, desk="1", family=family, address=address)


def _zigbee(at: float, name: str, action: str, **more: int) -> tuple[tuple[float, str, str], ...]:
    topic = f"zigbee2mqtt/{name}"
    return (at, topic, json.dumps({"action": action, **more})), (at, f"{topic}/action", action)


def _gen2(at: float, source: str, event: str, started: float) -> tuple[float, str, str]:
    ts = round(started + at, 2)
    happened = {"component": "input:0", "id": 0, "event": event, "ts": ts}
    said = {"src": source, "dst": f"{source}/events", "method": "NotifyEvent", "params": {"ts": ts, "events": [happened]}}
    return at, f"{source}/events/rpc", json.dumps(said)


RECORDINGS = (
    Recording(
        "home-assistant/core#168751: Zigbee2MQTT in 2026, JSON and text of each action",
        _button(Family.ZIGBEE2MQTT, "zigbee2mqtt/ButonVerde"),
        (
            *_zigbee(0, "ButonVerde", "double", battery=100, linkquality=134, voltage=3000),
            *_zigbee(4, "ButonVerde", "double", battery=100, linkquality=138, voltage=3000),
            *_zigbee(9, "ButonVerde", "single", battery=100, linkquality=149, voltage=3000),
            *_zigbee(22, "ButonVerde", "hold", battery=100, linkquality=145, voltage=3000),
        ),
        (DOUBLE, DOUBLE, PRESS, HOLD),
    ),
    Recording(
        "Koenkk/zigbee-herdsman-converters#1393: Zigbee2MQTT 1.14, an empty action between JSON and text; then it was switched by remote",
        _button(Family.ZIGBEE2MQTT, "zigbee2mqtt/garderob.wired_switch"),
        (
            (0, "zigbee2mqtt/garderob.wired_switch", '{"state":"OFF","linkquality":55,"power":0,"consumption":0.98,"action":"single"}'),
            (0, "zigbee2mqtt/garderob.wired_switch", '{"state":"OFF","linkquality":55,"power":0,"consumption":0.98,"action":""}'),
            (0, "zigbee2mqtt/garderob.wired_switch/action", "single"),
            (122, "zigbee2mqtt/garderob.wired_switch", '{"state":"ON","linkquality":55,"power":0,"consumption":0.98}'),
        ),
        (PRESS,),
    ),
    Recording(
        "Koenkk/zigbee-herdsman-converters#3340: a remote's other actions are no presses, nor is the empty one behind them",
        _button(Family.ZIGBEE2MQTT, "zigbee2mqtt/Shower_Remote"),
        (
            (0, "zigbee2mqtt/Shower_Remote", '{"action":"color_temperature_move","action_color_temperature":153,"action_group":16388,"battery":100}'),
            (0, "zigbee2mqtt/Shower_Remote", '{"action":"","battery":100,"battery_low":false,"brightness":64,"linkquality":57,"voltage":3100}'),
        ),
        (),
    ),
    Recording(
        "enesbcs/Shelly_MQTT#56: Shelly i3, 20200421-183805/master; also what we have no use for",
        _button(Family.SHELLY_GEN1, "shellyix3-A4CF12F474C7"),
        tuple(
            (after * 5, "shellies/shellyix3-A4CF12F474C7/input_event/0", json.dumps({"event": event, "event_cnt": count}))
            for after, (event, count) in enumerate((("", 21), ("S", 22), ("L", 25), ("SS", 26), ("SSS", 27), ("SL", 31), ("LS", 33)))
        ),
        (PRESS, HOLD, DOUBLE),
    ),
    Recording(
        "bieniu/ha-shellies-discovery-gen2#14: Shelly Plus 1PM",
        _button(Family.SHELLY_GEN2, "shellyplus1pm-b22864"),
        (_gen2(0, "shellyplus1pm-b22864", "single_push", 1643540082.66),),
        (PRESS,),
    ),
    Recording(
        "bieniu/ha-shellies-discovery-gen2#250: Shelly Plus 2PM, the finger's way down alone is no press",
        _button(Family.SHELLY_GEN2, "shellyplus2pm-441793acb13c"),
        (_gen2(0, "shellyplus2pm-441793acb13c", "btn_down", 1691055957.32),),
        (),
    ),
    Recording(
        "arendst/Tasmota#23910: three buttons with SetOption73, the first of which is ours",
        _button(Family.TASMOTA, "LivingFans"),
        tuple(
            (at, "stat/LivingFans/RESULT", json.dumps({f"Button{button}": {"Action": action}}, separators=(",", ":")))
            for at, button, action in (
                (0.0, 1, "SINGLE"),
                (4.2, 1, "DOUBLE"),
                (8.1, 1, "HOLD"),
                (10.5, 1, "CLEAR"),
                (17.8, 2, "SINGLE"),
                (20.0, 2, "DOUBLE"),
                (24.3, 2, "HOLD"),
                (25.1, 2, "CLEAR"),
                (29.7, 3, "SINGLE"),
            )
        ),
        (PRESS, DOUBLE, HOLD),
    ),
)
