"""What Prometheus is told of a centre: figures of this moment, without personal data; and the token of whoever reads them.

A figure that nobody knows is not there, so that nobody takes it for nought. The names stay: somebody's alarms hang on them.
"""

import time
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from edge import machine
from edge.operations import fleet
from edge.operations.context import Context
from edge.operations.keys import Keys
from edge.operations.overview import Found
from edge.operations.presence import Attendance
from edge.operations.views import View
from edge.queueing.desk import DeskState
from edge.queueing.ticket import OPEN_STATES
from edge.store.reserve import free_bytes

Labels = Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Metric:
    """``samples``: pairs of labels and value."""

    name: str
    kind: Literal["gauge", "counter"]
    help: str
    samples: tuple[tuple[Labels, float], ...]


def token(keys: Keys, login: int) -> str:
    """Return what opens `/metrics` and nothing else; another ``login`` makes the earlier one worthless."""
    return f"m.{keys.text('metrics-token', str(login))}"


def collect(ctx: Context, attendance: Attendance, health: View) -> list[Metric]:
    """Return all figures. ``health``: the body of `/healthz`."""
    return [*_of_box(ctx, health), *_of_process(ctx), *_of_hall(ctx), *_of_link(health["sync"]), *_of_devices(ctx, attendance)]


def _of_box(ctx: Context, health: View) -> Iterator[Metric]:
    head = ctx.database.committed.head
    checks = [({"check": name}, float(check["status"] == "ok")) for name, check in health["checks"].items()]
    alerts = [({"what": alert.what, "about": alert.about or ""}, 1.0) for alert in ctx.hall.alerts.values()]
    yield _gauge("kezek_info", "The version that runs", ({"version": health["version"]}, 1.0))
    yield _gauge("kezek_check", "1 while this check of /healthz is ok, else 0", *checks)
    yield _gauge("kezek_alert", "1 for each alert that is raised", *alerts)
    yield _gauge("kezek_journal_epoch", "The epoch of the journal", ({}, head.epoch))
    yield _gauge("kezek_journal_seq", "The last line of the journal in its epoch", ({}, head.seq))
    yield _counter("kezek_bad_payloads_total", "Messages of devices that could not be read, since the start", health["bad_payloads"])
    try:
        yield _gauge("kezek_disk_free_bytes", "Room left on the disk of the database", ({}, free_bytes(ctx.database.path.parent)))
    except OSError:
        return


def _of_process(ctx: Context) -> Iterator[Metric]:
    """Under the names that all programs use."""
    yield _gauge("process_start_time_seconds", "When the server started", ({}, ctx.started_at.timestamp()))
    yield _counter("process_cpu_seconds_total", "Processor time of the server", time.process_time())
    if resident := machine.resident_bytes():
        yield _gauge("process_resident_memory_bytes", "Memory of the server", ({}, resident))


def _of_hall(ctx: Context) -> Iterator[Metric]:
    hall = ctx.hall
    tickets = Counter(ticket.state for ticket in hall.tickets.values())
    desks = Counter(desk.state for desk in hall.desks.values())
    yield _gauge("kezek_tickets", "Open tickets", *(({"state": state}, tickets[state]) for state in sorted(OPEN_STATES)))
    yield _gauge("kezek_tickets_issued", "Tickets of the business day so far", ({}, hall.issued if hall.day else 0))
    yield _gauge("kezek_desks", "Desks", *(({"state": state}, desks[state]) for state in DeskState))


def _of_link(sync: View) -> Iterator[Metric]:
    if sync["state"] == "off":
        return
    yield _gauge("kezek_sync_blocked", "1 while the national link stands still", ({}, float(sync["state"] == "blocked")))
    yield _gauge("kezek_sync_pending", "Events that the country has not acknowledged", ({}, sync["pending"]))
    yield _gauge("kezek_sync_lag_seconds", "Age of the oldest of them", ({}, sync["lag_s"]))


def _of_devices(ctx: Context, attendance: Attendance) -> Iterator[Metric]:
    """Of those that are registered; whether one is there is known once it said a word."""
    known = [(each, _labels(each)) for each in fleet.fleet(ctx, attendance) if each.found is not None]
    present = [(labels, float(each.found is Found.HERE)) for each, labels in known if each.found is not Found.SILENT]
    yield _gauge("kezek_device_present", "1 while the device is there, else 0", *present)
    values = (
        ("kezek_device_battery_percent", "What is left of its battery", [each.battery for each, _ in known]),
        ("kezek_device_signal_dbm", "The strength of its radio", [each.signal for each, _ in known]),
        ("kezek_device_round_trip_seconds", "From an order to its answer", [each.trip_s for each, _ in known]),
        ("kezek_device_seen_seconds", "When it was last heard, in seconds since 1970", [_since_1970(each) for each, _ in known]),
    )
    for name, text, found in values:
        samples = ((labels, value) for (_, labels), value in zip(known, found, strict=True) if value is not None)
        yield _gauge(name, text, *samples)


def _since_1970(each: fleet.Equipment) -> float | None:
    return datetime.fromisoformat(each.presence.seen_at).timestamp() if each.presence.seen_at else None


def _labels(each: fleet.Equipment) -> Labels:
    return {"device": each.device.device, "kind": each.device.kind}


def _gauge(name: str, text: str, *samples: tuple[Labels, float]) -> Metric:
    return Metric(name, "gauge", text, samples)


def _counter(name: str, text: str, value: float) -> Metric:
    return Metric(name, "counter", text, (({}, value),))
