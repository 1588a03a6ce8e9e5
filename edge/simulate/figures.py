"""From the records of days to figures: coverage by class and horizon, waits by class, what happened at closing."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from typing import Any

from edge.simulate.record import Called, DayRecord

BINS = ("0-5", "5-10", "10-20", "20-40", "40-80", "80+")
KINDS = ("order", "category", "booked", "late")
OVERRUN_S = 900
Figures = dict[str, Any]


def of_days(records: Sequence[DayRecord]) -> Figures:
    """Return all figures of one run, as plain JSON values. Minutes have one decimal, parts three."""
    calls = [call for record in records for call in record.calls]
    came = sum(record.came for record in records)
    return {
        "days": len(records),
        "came": came,
        "served": len(calls),
        "refused": sum(record.refused for record in records),
        "guaranteed": sum(record.guaranteed for record in records),
        "standby": sum(record.standby for record in records),
        "released": sum(record.released for record in records),
        "unserved": sum(record.unserved for record in records),
        "raised": _part(sum(record.raised for record in records), len(calls)),
        "overrun_days": _part(sum(record.overrun_s > OVERRUN_S for record in records), len(records)),
        "overrun_mean_min": _minutes(sum(record.overrun_s for record in records) / max(1, len(records))),
        "waits": {kind: waits_of([call.waited for call in calls if call.kind == kind]) for kind in KINDS},
        "cells": cells_of(calls),
        "peer": peer_of(calls),
        "digest": records[-1].digest if records else "",
    }


def cells_of(calls: Iterable[Called]) -> list[Figures]:
    """Return coverage by class and horizon; those to whom a desk was free are in no cell."""
    found: dict[tuple[str, int], list[Called]] = defaultdict(list)
    for call in calls:
        if call.cell is not None:
            kind, bin_ = call.cell.split(":")
            found[kind, int(bin_)].append(call)
    return [_cell(kind, bin_, found[kind, bin_]) for kind in KINDS for bin_ in range(len(BINS)) if (kind, bin_) in found]


def _cell(kind: str, bin_: int, calls: Sequence[Called]) -> Figures:
    said = [call for call in calls if call.after_said is not None and call.before_said is not None]
    widths = sorted(call.latest - call.earliest for call in calls)
    return {
        "kind": kind,
        "bin": BINS[bin_],
        "n": len(calls),
        "covered": _part(sum(call.earliest <= call.waited <= call.latest for call in calls), len(calls)),
        "late": _part(sum(call.waited > call.latest for call in calls), len(calls)),
        "said_covered": _part(sum((call.after_said or 0) <= 0 and (call.before_said or 0) <= 0 for call in said), len(said)),
        "said_late": _part(sum((call.after_said or 0) > 0 for call in said), len(said)),
        "width_min": _minutes(widths[len(widths) // 2]),
    }


def peer_of(calls: Sequence[Called]) -> Figures:
    """Return how good another system's range would have been: the same visitors, those included to whom a desk was free."""
    return {
        "covered": _part(sum(call.peer[0] <= call.waited <= call.peer[1] for call in calls), len(calls)),
        "late": _part(sum(call.waited > call.peer[1] for call in calls), len(calls)),
        "bins": [_peer_bin(bin_, [call for call in calls if call.cell and int(call.cell.split(":")[1]) == bin_]) for bin_ in range(len(BINS))],
    }


def _peer_bin(bin_: int, calls: Sequence[Called]) -> Figures:
    covered = sum(call.peer[0] <= call.waited <= call.peer[1] for call in calls)
    return {
        "bin": BINS[bin_],
        "n": len(calls),
        "covered": _part(covered, len(calls)),
        "late": _part(sum(call.waited > call.peer[1] for call in calls), len(calls)),
    }


def waits_of(waits: Sequence[int]) -> Figures:
    """Return quantiles of waits, in minutes."""
    ordered = sorted(waits)
    if not ordered:
        return {"n": 0, "p50": 0.0, "p90": 0.0, "max": 0.0}
    at = {name: ordered[int(part * (len(ordered) - 1))] for name, part in (("p50", 0.5), ("p90", 0.9), ("max", 1.0))}
    return {"n": len(ordered), **{name: _minutes(value) for name, value in at.items()}}


def _part(some: int, of: int) -> float:
    return round(some / of, 3) if of else 0.0


def _minutes(seconds: float) -> float:
    return round(seconds / 60, 1)
