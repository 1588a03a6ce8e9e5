"""Looking after the equipment: what each device and the box itself say now, and the alerts that follow (`queueing.alerts` has the rules).

What was raised stands in the journal and survives a restart; how long something has been wrong without an alert yet is counted anew.
"""

from collections.abc import Callable, Iterable, Iterator

from edge.errors import Unavailable
from edge.operations import printing
from edge.operations.context import Context
from edge.operations.decision import deciding
from edge.operations.orders import Op, Order
from edge.operations.overview import Found, found
from edge.operations.presence import Attendance, Presence
from edge.operations.printing import Printers
from edge.queueing import commands
from edge.queueing.alerts import SAID_BY_DEVICE, Reading, Sign, Streak, What, Why, followed, is_due, of_battery, of_trip
from edge.queueing.decide import decide
from edge.queueing.registry import Device
from edge.queueing.roster import why_closed

EVERY_S = 5.0
MOST_ASKED = 4  # devices that are asked for a round trip at one look


class Watch:
    """Looks every few seconds. ``box``: what the box says of itself."""

    def __init__(self, ctx: Context, attendance: Attendance, printers: Printers, box: Callable[[], Iterable[Reading]]) -> None:
        self._ctx = ctx
        self._attendance = attendance
        self._printers = printers
        self._box = box
        self._streaks: dict[str, Streak] = {}
        self._looked_at: float | None = None

    def look(self) -> None:
        """Raise and clear what is due, all in one decision, if it is time to look. Raises Unavailable; the next look tries again."""
        now_s = self._ctx.clock.monotonic()
        if self._looked_at is not None and now_s - self._looked_at < EVERY_S:
            return
        self._looked_at = now_s
        self._measure(now_s)
        readings = {reading.alert: reading for reading in self._readings(now_s)}
        self._streaks = {name: followed(self._streaks.get(name), reading.sign, now_s) for name, reading in readings.items()}
        due = [*self._due(readings, now_s), *self._removed(readings)]
        if due:
            with deciding(self._ctx, "system") as decision:
                for command in due:
                    decide(decision.turn, command)

    def _due(self, readings: dict[str, Reading], now_s: float) -> Iterator[commands.AlertCommand]:
        raised = self._ctx.hall.alerts
        for name, reading in readings.items():
            if not is_due(reading.what, self._streaks[name], now_s, raised=name in raised):
                continue
            if name in raised:
                yield commands.ClearAlert(reading.what, reading.about, Why.WELL)
            else:
                yield commands.RaiseAlert(reading.what, reading.about, reading.detail)

    def _removed(self, readings: dict[str, Reading]) -> Iterator[commands.AlertCommand]:
        """A device that was revoked, or a printer that `edge.toml` no longer has, is nobody's trouble any more."""
        for name, alert in self._ctx.hall.alerts.items():
            if name not in readings:
                yield commands.ClearAlert(alert.what, alert.about, Why.REMOVED)

    def _readings(self, now_s: float) -> Iterator[Reading]:
        box = list(self._box())
        yield from box
        for printer in printing.standings(self._ctx.database, self._printers):
            sign = Sign.BAD if printer.fault else Sign.GOOD if printer.since else Sign.UNCLEAR
            yield Reading(What.UNPRINTED, printer.printer, sign, printer.fault)
        cut = any(reading.what is What.BROKER and reading.sign is Sign.BAD for reading in box)
        expected = why_closed(self._ctx.hall, self._ctx.tick()) is None and not cut
        for device in self._ctx.hall.devices.values():
            if device.active:
                yield from self._of_device(device, now_s, expected=expected)

    def _of_device(self, device: Device, now_s: float, *, expected: bool) -> Iterator[Reading]:
        """``expected``: devices should be there now: the hall is open, and they could say so."""
        name, word = device.device, self._attendance.of(device.device)
        yield Reading(What.GONE, name, _of_presence(word) if expected else Sign.UNCLEAR, word.state)
        battery = (word.stat or {}).get("battery")
        yield Reading(What.BATTERY, name, of_battery(battery), None if battery is None else str(round(battery)))
        trip_s = self._ctx.trips.of(name, now_s)
        yield Reading(What.SLOW, name, of_trip(trip_s) if _is_ready(word) else Sign.UNCLEAR, None if trip_s is None else f"{trip_s:.1f}")
        yield from (Reading(what, name, Sign.UNCLEAR) for what in SAID_BY_DEVICE)

    def _measure(self, now_s: float) -> None:
        """Ask a few of those that are ready and speak our language."""
        ready = [device for device in self._ctx.hall.devices.values() if device.active and not device.family]
        due = [device.device for device in ready if _is_ready(self._attendance.of(device.device)) and self._ctx.trips.is_due(device.device, now_s)]
        for name in due[:MOST_ASKED]:
            order = Order(self._ctx.new_id(), name, Op.RE_ANNOUNCE, now_s)
            self._ctx.trips.asked(name, order.id, now_s)
            try:
                self._ctx.orders.pass_on(order)
            except Unavailable:
                return  # the broker is not there: an alert of its own


def see_to(ctx: Context, name: str, *, actor: str) -> None:
    """Clear an alert whose end no device says, because a person saw to it; one that is over already stays over. Raises Refused: it ends by itself."""
    with deciding(ctx, actor) as decision:
        known = decision.turn.hall.alerts.get(name)
        if known is not None:
            decide(decision.turn, commands.ClearAlert(known.what, known.about, Why.SEEN))


def has_printed(ctx: Context, device: str) -> None:
    """Clear what a printed page disproves: no paper, a fault. Little paper may still be left. Raises Unavailable."""
    if ctx.hall.alerts:
        with deciding(ctx, "system") as decision:
            for what in (What.PAPER_OUT, What.PRINTER_ERROR):
                decide(decision.turn, commands.ClearAlert(what, device, Why.WELL))


def in_words(ctx: Context) -> str | None:
    """Say which alerts are raised, None: none."""
    return ", ".join(sorted(ctx.hall.alerts)) or None


def _of_presence(word: Presence) -> Sign:
    return {Found.GONE: Sign.BAD, Found.HERE: Sign.GOOD, Found.SILENT: Sign.UNCLEAR}[found(word)]


def _is_ready(word: Presence) -> bool:
    return word.state == "ready"
