"""Which presses of other makers' devices count: once each, never again after a restart, never from a copy that lay on the broker.

They repeat nothing until it is answered, have no message expiry and no `ack`; so nothing here waits for them, and what is not sure calls no one.
"""

import logging
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import assert_never

from edge.devices import families
from edge.devices.families.said import Measured, Present, Pressed, Said
from edge.devices.link import Incoming
from edge.operations import desks
from edge.operations.context import Context
from edge.operations.presence import Attendance
from edge.queueing.registry import DeviceId

log = logging.getLogger(__name__)

SETTLES_S = 2.0  # after we, the device or its bridge came up: what is said then was before
ECHO_S = 0.5  # the same press on two topics
LATE_S = desks.STALE_AFTER.total_seconds()


@dataclass(frozen=True, slots=True)
class _Counter:
    """``era`` grows when the device began to count anew; with ``last`` it makes the id of a press. ``last`` None: nothing heard yet."""

    era: int = 0
    last: int | None = None


class Hearing:
    """Driven by the MQTT room's worker alone. ``send`` asks a device, ``clear`` takes a retained message off the broker."""

    def __init__(self, ctx: Context, attendance: Attendance, *, send: Callable[[str, bytes], None], clear: Callable[[str], None]) -> None:
        self._ctx = ctx
        self._attendance = attendance
        self._send = send
        self._clear = clear
        self._counters: dict[DeviceId, _Counter] = {}
        self._settled_at: dict[DeviceId, float] = {}
        self._came_up: set[DeviceId] = set()  # since the newest count that went on
        self._newest: dict[DeviceId, tuple[str, Pressed, float]] = {}
        self._index: tuple[object, Mapping[str, list[families.Spoken]]] = (None, {})

    def topics(self) -> list[str]:
        """Return what is to be subscribed."""
        return list(self._by_topic())

    def greet(self) -> None:
        """To be called whenever subscribed: whatever a device says first is its state, and those that can are asked for it."""
        for device, adapter, address in families.spoken(self._ctx.hall.devices.values()):
            self._settle(device.device)
            if greeting := adapter.greeting(address):
                self._send(*greeting)

    def hear(self, incoming: Incoming) -> None:
        """Take one message. Raises payloads.Unreadable."""
        for device, adapter, address in self._by_topic().get(incoming.topic, ()):
            for said in adapter.said(address, incoming.topic, incoming.payload):
                self._take(device.device, said, incoming)

    def _by_topic(self) -> Mapping[str, list[families.Spoken]]:
        devices = self._ctx.hall.devices
        if self._index[0] is not devices:
            found: dict[str, list[families.Spoken]] = {}
            for each in families.spoken(devices.values()):
                for topic in each.adapter.heard(each.address):
                    found.setdefault(topic, []).append(each)
            self._index = (devices, found)
        return self._index[1]

    def _take(self, device: DeviceId, said: Said, incoming: Incoming) -> None:
        match said:
            case Measured(values):
                self._attendance.stat(device, dict(values))
            case Present(state, settles):
                if settles:
                    self._settle(device)
                if state == "ready":
                    self._came_up.add(device)
                if state:
                    self._attendance.status(device, state, None, None)
            case Pressed():
                self._pressed(device, said, incoming)
            case never:
                assert_never(never)

    def _pressed(self, device: DeviceId, said: Pressed, incoming: Incoming) -> None:
        id_ = self._id(device, said, incoming)
        if incoming.retained:
            log.warning("retained press cleared, its maker's retain option must be off device=%s topic=%s", device, incoming.topic)
            self._clear(incoming.topic)
        elif said.key and id_ and not self._is_state(device, incoming):
            answer = desks.press(self._ctx, device, desks.PressRequest(id_, said.key))
            log.info("press device=%s key=%s result=%s", device, said.key, answer["result"])
            if self._attendance.of(device).state != "ready":
                self._attendance.status(device, "ready", None, None)
            self._attendance.seen(device)

    def _is_state(self, device: DeviceId, incoming: Incoming) -> bool:
        late = time.monotonic() - incoming.arrived > LATE_S
        return late or incoming.arrived < self._settled_at.get(device, 0.0)

    def _id(self, device: DeviceId, said: Pressed, incoming: Incoming) -> str | None:
        """Return what tells this press from all others; None: it was heard before."""
        if said.mark:
            return said.mark
        if said.count is None:
            topic, newest, at = self._newest.get(device, ("", said, 0.0))
            self._newest[device] = (incoming.topic, said, incoming.arrived)
            is_echo = topic not in ("", incoming.topic) and newest == said and incoming.arrived - at < ECHO_S
            return None if is_echo else self._ctx.new_id()
        counter = self._counters.get(device) or self._remembered(device)
        fell = counter.last is not None and said.count < counter.last
        may_fall = said.count == 0 or device in self._came_up or self._is_state(device, incoming)
        if said.count == counter.last or (fell and not may_fall):
            return None
        counter = _Counter(counter.era + fell, said.count)
        self._counters[device] = counter
        self._came_up.discard(device)
        return f"{counter.era}.{counter.last}"

    def _remembered(self, device: DeviceId) -> _Counter:
        """From before our start: the newest press that was answered."""
        era, _, last = (desks.last_press(self._ctx, device) or "").partition(".")
        return _Counter(int(era), int(last)) if era.isdecimal() and last.isdecimal() else _Counter()

    def _settle(self, device: DeviceId) -> None:
        self._settled_at[device] = time.monotonic() + SETTLES_S
