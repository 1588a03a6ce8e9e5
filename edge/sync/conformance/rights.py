"""The escrow as far as a box sees it: what grants say, that they never go back, and that no epoch gives away what another one holds."""

from collections.abc import Mapping
from typing import Any

from edge.sync.conformance.bench import Bench, a_count, clause, expect
from edge.sync.conformance.reading import Item, everything
from edge.sync.conformance.wire import Unseen, until

SOME = 3


@clause("rights", "a grant is for the present epoch, counts upward and stays within the capacity")
def grants(bench: Bench) -> None:
    for item in granted(bench, bench.box.epoch):
        payload = item["payload"]
        what = f"the grant of {payload['slot']}"
        expect(item["key"] == payload["slot"] or payload["slot"] in item["key"], f"{what} has the key {item['key']!r}")
        expect(payload["slot"].startswith(f"{payload['service']}@"), f"{what} is of service {payload['service']!r}")
        expect(payload["slot"].endswith(f"@{payload['start']}"), f"{what} starts at {payload['start']!r}")
        for name in ("capacity", "granted", "minutes", "epoch"):
            a_count(payload, name)
        expect(payload["granted"] <= payload["capacity"], f"{what} gives {payload['granted']} of {payload['capacity']}")


@clause("rights", "granted never goes down for a slot and epoch, whatever the box sells and returns")
def only_upward(bench: Bench) -> None:
    before = {item["payload"]["slot"]: item["payload"] for item in granted(bench, bench.box.epoch)}
    chosen = [payload for payload in before.values() if payload["granted"] > 1][:SOME]
    if not chosen:
        raise Unseen("no grant has two rights to spend and return")
    for number, payload in enumerate(chosen):
        accept(bench, payload)
        sell(bench, payload, number)
        bench.box.write("slot.returned", slot=payload["slot"], epoch=bench.box.epoch, returned=1, tick=100)
    bench.store(bench.box.log)
    for slot, payload in latest(bench).items():
        if slot in before and payload["epoch"] == bench.box.epoch:
            expect(payload["granted"] >= before[slot]["granted"], f"{slot}: granted went from {before[slot]['granted']} to {payload['granted']}")


def granted(bench: Bench, epoch: int) -> list[Item]:
    """Return the grants of an epoch, waiting a while for the first; Unseen when none comes."""

    def look() -> list[Item]:
        return [item for item in everything(bench) if is_grant(item) and item["payload"]["epoch"] == epoch]

    found: list[Item] = until(f"a grant for epoch {epoch}", bench.patience_s, look)
    return found


def latest(bench: Bench) -> Mapping[str, Mapping[str, Any]]:
    """Return the newest grant of each slot."""
    return {item["payload"]["slot"]: item["payload"] for item in everything(bench) if is_grant(item)}


def accept(bench: Bench, payload: Mapping[str, Any]) -> None:
    """Journal that a grant was applied."""
    bench.box.write("slot.granted", "national", slot=payload["slot"], epoch=payload["epoch"], granted=payload["granted"], tick=90)


def sell(bench: Bench, payload: Mapping[str, Any], number: int) -> None:
    """Journal a sale by an own right."""
    bench.box.write(
        "booking.made",
        "device:kiosk-1",
        booking=f"0198c0de-0001-7000-8000-{bench.box.epoch:04d}{number:08d}",
        code=f"ABC2{'ABCDEFGH'[bench.box.epoch % 8]}{'ABCDEFGH'[number]}",
        slot=payload["slot"],
        service=payload["service"],
        start=payload["start"],
        minutes=payload["minutes"],
        person="c" * 64,
        lang="ky",
        right="edge",
        right_epoch=bench.box.epoch,
        tick=95,
    )


def is_grant(item: Item) -> bool:
    """Tell whether an item is a grant that stands."""
    return bool(item["kind"] == "slot_grant" and item["op"] == "put")
