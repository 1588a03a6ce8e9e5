"""How loud the hall is now, by its settings, and which devices of a zone make a sound at all: two boards that speak at once nobody understands."""

from edge.queueing.day import date_at
from edge.queueing.hall import Hall
from edge.queueing.hours import covered
from edge.queueing.registry import Device, DeviceId, Kind


def volume(hall: Hall, tick: int) -> int:
    """Return the volume of calls, 0 to 100; 0 in the silent hours. While nobody knows the time of day, it is as by day."""
    rule, day = hall.policy.voice, hall.day
    if day is None or not day.timed:
        return rule.volume
    _, second = date_at(day, tick)
    if covered(rule.silent, second):
        return 0
    return rule.soft_volume if covered(rule.soft, second) else rule.volume


def sounding(hall: Hall) -> frozenset[DeviceId]:
    """Return the devices that make a sound: a zone's speakers; where it has none, the first of its boards."""
    active = [device for device in hall.devices.values() if device.active and device.zone in hall.policy.zones]
    speakers = [device for device in active if device.kind is Kind.SPEAKER]
    first: dict[str | None, Device] = {}
    for device in active:
        if device.kind is Kind.BOARD:
            first.setdefault(device.zone, device)
    boards = [board for zone, board in first.items() if not any(speaker.zone == zone for speaker in speakers)]
    return frozenset(device.device for device in (*speakers, *boards))
