"""Buttons that speak their maker's language: one file for each family, from its topics and payloads to what we call it.

An adapter only translates. Which presses count is `hearing`'s, what a press means is `queueing`'s. Adding one: CONTRIBUTING.md.
"""

from collections.abc import Iterable, Mapping
from typing import NamedTuple

from edge.devices.access import Account
from edge.devices.families import shelly_gen1, shelly_gen2, tasmota, zigbee2mqtt
from edge.devices.families.said import Adapter
from edge.operations import registry
from edge.operations.keys import Keys
from edge.queueing.registry import ADDRESSES, Device, Family

ADAPTERS: Mapping[Family, Adapter] = {
    Family.ZIGBEE2MQTT: zigbee2mqtt,
    Family.SHELLY_GEN1: shelly_gen1,
    Family.SHELLY_GEN2: shelly_gen2,
    Family.TASMOTA: tasmota,
}


class Spoken(NamedTuple):
    """A device, and who understands what is said under its address."""

    device: Device
    adapter: Adapter
    address: str


def spoken(devices: Iterable[Device]) -> list[Spoken]:
    """Return those of other makers. An address that came in a strange journal and does not fit is left out: it becomes lines of the ACL file."""
    return [
        Spoken(device, ADAPTERS[device.family], device.address)
        for device in devices
        if device.active and device.family and device.address and ADDRESSES[device.family][0].fullmatch(device.address)
    ]


def accounts(devices: Iterable[Device], keys: Keys) -> list[Account]:
    """Return the broker users of ``devices`` of other makers: each may use its maker's topics under its own address and none of ours."""
    found: dict[str, Account] = {}
    for device, adapter, address in spoken(devices):
        user, password = registry.login(keys, device)
        found[user] = Account(user, password, *adapter.rights(address))
    return list(found.values())
