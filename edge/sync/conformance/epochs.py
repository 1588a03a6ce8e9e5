"""Identity: a restored, a diverged, a cloned and an empty box, and what the server says to each. Last, because epochs end here."""

import json
from http import HTTPStatus
from typing import Any

from edge.queueing.chain import GENESIS, Head, as_line
from edge.sync.conformance import rights, story
from edge.sync.conformance.bench import Bench, a_count, a_list, clause, expect
from edge.sync.conformance.box import Box
from edge.sync.conformance.pushing import rehashed
from edge.sync.conformance.reading import everything
from edge.sync.conformance.wire import Unseen


@clause("identity", "the box whose head the server has gets resume with that head")
def resume(bench: Bench) -> None:
    said = bench.hello()
    expect(said["action"] == "resume", f"got {said['action']}")
    expect(said.get("acked") == as_ack(bench.box.head), f"acked is {said.get('acked')!r}, the box's head is {bench.box.head}")


@clause("identity", "a box with more than the server has goes on behind what the server has")
def more(bench: Bench) -> None:
    head = bench.box.head
    story.visit(bench.box, 10)
    said = bench.hello()
    expect(said["action"] == "resume", f"got {said['action']}")
    expect(said.get("acked") == as_ack(head), f"acked is {said.get('acked')!r}, stored was up to {head}")
    bench.store(bench.box.log[head.seq :])


@clause("identity", "a server that is behind the box's ack asks with push_from for what is missing")
def server_behind(bench: Bench) -> None:
    head = bench.box.head
    story.visit(bench.box, 11)
    bench.box.acked = as_ack(bench.box.head) | {"incarnation": "an-earlier-one"}
    said = bench.hello()
    expect(said["action"] == "push_from", f"got {said['action']}")
    expect(said.get("epoch") == bench.box.epoch, f"push_from names epoch {said.get('epoch')!r}")
    first = a_count(said, "from_seq")
    expect(1 <= first <= head.seq + 1, f"from_seq is {first}, stored is up to {head.seq}")
    bench.store(bench.box.log[first - 1 :])
    bench.holds(bench.box.log)


@clause("identity", "a restored box is told to copy what is missing, then gets a new epoch, and the same one again until it has events")
def restored(bench: Bench) -> None:
    old = bench.box.copy()
    behind = bench.box.copy(bench.box.head.seq - 3)
    said = bench.hello(behind, is_backup=True)
    expect(said["action"] == "fast_forward", f"a box {3} lines behind got {said['action']}")
    copied(bench, behind, said)
    epoch = issued(bench, behind, bench.box.head)
    expect(issued(bench, behind, bench.box.head) == epoch, "a second hello got another epoch, though the first had no events")
    behind.begin(epoch, bench.box.head, "restored")
    story.visit(behind, 20)
    bench.store(behind.log, behind)
    bench.box = behind
    stale(bench, old)


@clause("identity", "a diverged box gets a new epoch from the highest common line; what the server has more is read, its own tail is sent again")
def diverged(bench: Bench) -> None:
    twin = bench.box.copy()
    for number in (30, 31):
        story.visit(twin, number)
    common = bench.box.head
    for number in (32, 33):
        story.visit(bench.box, number)
    bench.store(bench.box.log[common.seq :])
    said = bench.hello(twin)
    expect(said["action"] == "new_epoch", f"got {said['action']}")
    parent = as_head(said.get("parent"))
    rungs = {rung["seq"]: rung["hash"] for rung in twin.ladder()}
    expect(parent.epoch == bench.box.epoch and parent.seq <= common.seq, f"parent is {parent}, the last common line {common}")
    best = max(seq for seq, found in rungs.items() if seq <= common.seq and bench.box.log[seq - 1].hash == found)
    best = max(best, twin.acked["seq"] if twin.acked and twin.acked["seq"] <= common.seq else 0)
    expect(parent.seq == best, f"parent is seq {parent.seq}, the highest matching rung or ack is {best}")
    expect(parent.hash == bench.box.log[parent.seq - 1].hash, "the parent's hash is not that of the line")
    expect(last_step(said) == as_ack(bench.box.head), f"lineage ends at {last_step(said)!r}, the server's head is {bench.box.head}")
    missing = bench.stored(after=parent.seq)
    expect(missing == [as_line(line) for line in bench.box.log[parent.seq :]], "GET journal gives other lines after the parent")
    old = bench.box.copy()
    twin.begin(said["epoch"], parent, "diverged")
    bench.store(twin.log, twin)
    bench.box = twin
    bench.holds(twin.log)
    stale(bench, old)


@clause("identity", "a push with other hashes is 409 fork with the seq where it parts, and the next hello gets a new epoch")
def fork(bench: Bench) -> None:
    upto = bench.box.head.seq
    line = bench.box.log[-1]
    other = rehashed(line, actor="desk:9")
    reply = bench.push([other])
    bench.refused(reply, (HTTPStatus.CONFLICT,), "fork")
    expect(reply.json.get("seq") == upto, f"fork names seq {reply.json.get('seq')!r}, it parts at {upto}")
    twin = bench.box.copy(upto - 1)
    twin.log.append(other)
    twin.acked = None
    said = bench.hello(twin)
    expect(said["action"] == "new_epoch", f"after a fork the box got {said['action']}")
    twin.begin(said["epoch"], as_head(said.get("parent")), "fork")
    bench.store(twin.log, twin)
    bench.box = twin


@clause("identity", "a box that says it is a backup gets a new epoch although nothing is missing")
def backup(bench: Bench) -> None:
    said = bench.hello(is_backup=True)
    expect(said["action"] == "new_epoch", f"got {said['action']}")
    expect(as_head(said.get("parent")) == bench.box.head, f"parent is {said.get('parent')!r}, the common head {bench.box.head}")
    bench.box.begin(said["epoch"], bench.box.head, "restored")
    bench.store(bench.box.log)


@clause("identity", "an empty box with its key is told all there is to copy, and gets a new epoch once it has it")
def empty(bench: Bench) -> None:
    bare = Box(bench.box.caller, logs={})
    said = bench.hello(bare, empty=True)
    expect(said["action"] == "fast_forward", f"got {said['action']}")
    steps = a_list(said, "lineage")
    expect(last_step(said) == as_ack(bench.box.head), f"lineage ends at {last_step(said)!r}, the server's head is {bench.box.head}")
    bare.logs, bare.lineage, bare.epoch = dict(bench.box.logs), list(bench.box.lineage), bench.box.epoch
    bare.epoch = steps[-1]["epoch"]
    for step in steps:
        lines = bench.stored(bare, epoch=step["epoch"])
        expect(len(lines) >= step["seq"], f"epoch {step['epoch']} has {len(lines)} lines, lineage says {step['seq']}")
    expect(bench.stored(bare) == [as_line(line) for line in bench.box.log], "the present epoch comes back changed")
    epoch = issued(bench, bare, bench.box.head)
    bare.begin(epoch, bench.box.head, "rebuilt")
    bench.store(bare.log, bare)
    bench.box = bare


@clause("identity", "a new epoch is granted anew, and never more than the capacity less what older epochs hold")
def granted_anew(bench: Bench) -> None:
    found = rights.granted(bench, bench.box.epoch)
    held = frozen(bench)
    if not held:
        raise Unseen("no older epoch applied a grant")
    for item in found:
        payload = item["payload"]
        kept = held.get(payload["slot"], 0)
        what = f"{payload['slot']}: {payload['granted']} granted to epoch {payload['epoch']} and {kept} held by older ones"
        expect(payload["granted"] + kept <= payload["capacity"], f"{what} are more than its capacity {payload['capacity']}")


@clause("identity", "positions and versions of the feed go on over epochs")
def feed_goes_on(bench: Bench) -> None:
    positions = [item["pos"] for item in everything(bench)]
    expect(positions == sorted(set(positions)), "positions do not grow")


@clause("identity", "a box that has nothing in common with the log is fenced, and its pushes are 409")
def stranger_by_log(bench: Bench) -> None:
    other = Box(bench.box.caller, epoch=bench.box.epoch, logs={bench.box.epoch: []})
    for number in range(4):
        story.visit(other, 90 + number)
    said = bench.hello(other)
    expect(said["action"] == "fenced", f"got {said['action']}")
    bench.refused(bench.push(other.log), (HTTPStatus.CONFLICT,), "stale_epoch", "fork")  # by its lines alone it is a fork of the present box
    bench.notes.append("the suite ends with a fenced box: an operator lifts it, or the next run gets a centre of its own")


def copied(bench: Bench, box: Box, said: dict[str, Any]) -> None:
    """Let a box copy what fast_forward names of its present epoch."""
    step = last_step(said)
    expect(step == as_ack(bench.box.head), f"lineage ends at {step!r}, the server's head is {bench.box.head}")
    lines = bench.stored(box, after=box.head.seq)
    mine = bench.box.log[box.head.seq :]
    expect(lines == [as_line(line) for line in mine], "GET journal gives other lines than were pushed")
    box.log.extend(mine)


def issued(bench: Bench, box: Box, parent: Head) -> int:
    """Say hello with everything copied and return the epoch that is issued."""
    said = bench.hello(box, is_backup=True)
    expect(said["action"] == "new_epoch", f"after copying, the box got {said['action']}")
    expect(isinstance(said.get("epoch"), int) and said["epoch"] > parent.epoch, f"the new epoch is {said.get('epoch')!r}, the old one {parent.epoch}")
    expect(as_head(said.get("parent")) == parent, f"parent is {said.get('parent')!r}, the common head {parent}")
    expect(said.get("acked") is None, f"acked is {said.get('acked')!r} after new_epoch")
    return int(said["epoch"])


def stale(bench: Bench, old: Box) -> None:
    """Hold the server to it that an older epoch is fenced, and that the present one goes on."""
    story.visit(old, 99)
    said = bench.hello(old)
    expect(said["action"] == "fenced", f"a hello with the older epoch {old.epoch} got {said['action']}")
    bench.refused(bench.push(old.log[-4:]), (HTTPStatus.CONFLICT,), "stale_epoch")
    expect(bench.hello()["action"] == "resume", f"afterwards the present epoch got {bench.said['action']}")


def frozen(bench: Bench) -> dict[str, int]:
    """Return what older epochs hold of each slot, by their events: cumulative counters, of which the highest holds."""
    counters: dict[tuple[str, int], dict[str, int]] = {}
    for log in bench.box.logs.values():
        for line in log:
            if line.type in ("slot.granted", "slot.returned") and line.payload:
                told = json.loads(line.payload)
                of_slot = counters.setdefault((told["slot"], told["epoch"]), {"granted": 0, "returned": 0})
                name = line.type.removeprefix("slot.")
                of_slot[name] = max(of_slot[name], told[name])
    held: dict[str, int] = {}
    for (slot, epoch), of_slot in counters.items():
        if epoch != bench.box.epoch:
            held[slot] = held.get(slot, 0) + of_slot["granted"] - of_slot["returned"]
    return held


def last_step(said: dict[str, Any]) -> Any:
    """Return the last step of an answer's lineage, as an ack."""
    steps = said.get("lineage")
    if not isinstance(steps, list) or not steps:
        return None
    return {name: steps[-1].get(name) for name in ("epoch", "seq", "hash")}


def as_ack(head: Head) -> dict[str, Any]:
    """Return a head as it stands in an answer."""
    return {"epoch": head.epoch, "seq": head.seq, "hash": head.hash}


def as_head(found: Any) -> Head:
    """Return a parent as a head; genesis where there is none."""
    if not isinstance(found, dict):
        return Head(0, 0, GENESIS)
    return Head(found.get("epoch", 0), found.get("seq", 0), str(found.get("hash")))
