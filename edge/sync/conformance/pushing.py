"""`POST journal`: what is acknowledged, what is refused, and that a refusal leaves nothing behind."""

import gzip
import json
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, replace
from http import HTTPStatus
from typing import Any

from edge.queueing.chain import Envelope, header_hash
from edge.sync.conformance import story
from edge.sync.conformance.bench import BATCH, JOURNAL, Bench, a_count, a_list, a_text, clause, expect
from edge.sync.conformance.box import Lines, body_of, erased, packed, push_headers
from edge.sync.conformance.greeting import limits
from edge.sync.conformance.wire import Unseen

TOO_MUCH = (HTTPStatus.REQUEST_ENTITY_TOO_LARGE, HTTPStatus.UNSUPPORTED_MEDIA_TYPE, *BATCH)
FEW = 4
WRONG = "not-the-token"


@clause("push", "stored, fsynced and chain-verified is acknowledged, with all the answer's fields", vital=True)
def first_push(bench: Bench) -> None:
    answer = bench.store(bench.box.log)
    expect(answer["acked"]["seq"] == bench.box.head.seq, f"acked is {answer['acked']!r}, pushed was up to {bench.box.head.seq}")
    expect(answer.get("incarnation") == bench.said["incarnation"], f"incarnation {answer.get('incarnation')!r} is another than hello's")
    expect(
        a_count(answer, "durable_seq") <= bench.box.head.seq, f"durable_seq {answer['durable_seq']} is above the acknowledged {bench.box.head.seq}"
    )
    a_count(answer, "pause_ms")
    limits(answer)
    receipt = answer.get("receipt")
    expect(receipt is None or (isinstance(receipt, str) and len(receipt.encode()) <= 1024), f"receipt is {receipt!r}")
    for notice in a_list(answer, "notices"):
        a_count(notice, "seq")
        a_text(notice, "code")


@clause("push", "the same range again is the same acknowledgement")
def again(bench: Bench) -> None:
    answer = bench.store(bench.box.log)
    expect(answer["acked"]["seq"] == bench.box.head.seq, f"acked is {answer['acked']!r}")
    bench.holds(bench.box.log)


@clause("push", "an overlap with equal hashes is legal, and an older range moves no acknowledgement back")
def overlap(bench: Bench) -> None:
    before = bench.box.head.seq
    story.visit(bench.box, 1)
    bench.store(bench.box.log[before - 2 :])
    reply = bench.push(bench.box.log[:FEW])
    expect(reply.status == HTTPStatus.OK, f"an older range was answered {reply}")
    acked = reply.json.get("acked") or {}
    expect(acked.get("seq") in (FEW, bench.box.head.seq), f"an older range was answered with acked {acked!r}")
    said = bench.hello()
    expect((said.get("acked") or {}).get("seq") == bench.box.head.seq, f"afterwards hello says acked {said.get('acked')!r}")


@clause("push", "a gzipped batch is taken; its digest is over what was sent")
def gzipped(bench: Bench) -> None:
    bench.store(story.visit(bench.box, 2), gzipped=True)
    bench.holds(bench.box.log)


@clause("push", "two that push the same at once are both acknowledged, and it is stored once")
def at_once(bench: Bench) -> None:
    lines = story.visit(bench.box, 3)
    with ThreadPoolExecutor(FEW) as pool:
        replies = list(pool.map(lambda _: bench.push(lines), range(FEW)))
    later = (HTTPStatus.TOO_MANY_REQUESTS, HTTPStatus.SERVICE_UNAVAILABLE)
    expect(all(reply.status in (HTTPStatus.OK, *later) for reply in replies), f"answered {', '.join(map(str, replies))}")
    bench.store(lines)
    bench.holds(bench.box.log)


@clause("push", "a torn request leaves nothing behind")
def torn(bench: Bench) -> None:
    ahead = bench.box.copy()
    lines = story.visit(ahead, 4)
    body = body_of(lines)
    headers = {name: value for name, value in push_headers(lines).items() if value}
    bench.wire.torn(bench.box.caller, JOURNAL, body, headers, len(body) // 2)
    bench.holds(bench.box.log)


@clause("push", "another Content-Digest is 400 digest")
def wrong_digest(bench: Bench) -> None:
    lines = story.visit(bench.box.copy(), 4)
    bench.refused(bench.push(lines, more={"Content-Digest": f"sha-256=:{'A' * 43}=:"}), BATCH, "digest")
    bench.holds(bench.box.log)


@clause("push", "headers that do not fit the body are 400")
def wrong_headers(bench: Bench) -> None:
    lines = story.visit(bench.box.copy(), 4)
    for header, value in (("X-Last-Seq", str(lines[-1].seq + 1)), ("X-Last-Hash", "0" * 64)):
        bench.refused_batch(bench.push(lines, more={header: value}))
        bench.holds(bench.box.log)
    for header in ("X-First-Seq", "X-Prev-Hash", "X-Epoch"):
        reply = bench.push(lines, more={header: None})
        if reply.status != HTTPStatus.OK:  # the lines say it as well
            bench.refused_batch(reply)
        keep(bench, lines)


@clause("push", "a gap is 409 gap with the seq that is expected")
def gap(bench: Bench) -> None:
    lines = story.visit(bench.box.copy(), 4)[2:]
    reply = bench.push(lines)
    bench.refused(reply, (HTTPStatus.CONFLICT,), "gap")
    expect(reply.json.get("expected") == bench.box.head.seq + 1, f"expected is {reply.json.get('expected')!r}, must be {bench.box.head.seq + 1}")


@clause("push", "a line that does not follow from the one before, or was changed, is not stored")
def broken_chain(bench: Bench) -> None:
    good = story.visit(bench.box.copy(), 4)
    third = good[2]
    forged = [
        replace(third, prev_hash="0" * 64),
        replace(third, hash="0" * 64),
        replace(third, payload=(third.payload or "") + " "),
        replace(third, actor="desk:2"),
        replace(third, salt="ab" * 16),
        replace(third, payload=None),
        rehashed(third, centre="conformance-foreign"),
    ]
    for line in forged:
        not_stored(bench, [*good[:2], line], line)


@clause("push", "an envelope has exactly its keys, each of its kind")
def envelopes(bench: Bench) -> None:
    line = story.visit(bench.box.copy(), 4)[0]
    usual = asdict(line)
    wrong: list[dict[str, Any]] = [
        {**usual, "extra": 1},
        {key: value for key, value in usual.items() if key != "clock"},
        {**usual, "seq": str(line.seq)},
        {**usual, "payload": {"ticket": "1"}},
        {**usual, "salt": "zz" * 16},
    ]
    for each in wrong:
        body = (json.dumps(each, ensure_ascii=False) + "\n").encode()
        bench.refused_batch(bench.push([line], body=body))
    for body in (b"", b"{}\n", b"nonsense\n", b"\xff\xfe\n"):
        bench.refused_batch(bench.push([line], body=body))
    bench.holds(bench.box.log)


@clause("push", "an id that is in the epoch already is not stored a second time")
def same_id(bench: Bench) -> None:
    ahead = bench.box.copy()
    line = ahead.write("ticket.recalled", "desk:1", ticket="0198c0de-0000-7000-8000-000000000001", desk="1", tick=9)
    twin = rehashed(line, id=bench.box.log[0].id)
    reply = bench.push([twin])
    bench.refused(reply, (*BATCH, HTTPStatus.CONFLICT))
    bench.holds(bench.box.log)


@clause("push", "a type that the server does not know is stored")
def unknown_type(bench: Bench) -> None:
    line = bench.box.write("conformance.never_heard_of", wish="none")
    answer = bench.store([line])
    told(bench, "an unknown type", answer, line, "type_unknown")


@clause("push", "a payload that the server cannot read is stored, and so is what follows")
def unreadable(bench: Bench) -> None:
    for payload in ("not JSON", "[]", '"text"', "", '{"ticket":'):
        line = bench.box.write_raw("ticket.recalled", payload, "desk:1")
        told(bench, f"the payload {payload!r}", bench.store([line]), line, "payload_unreadable")
    bench.store(story.visit(bench.box, 5))
    bench.holds(bench.box.log)


@clause("push", "what the domain refuses is stored: a ticket twice, the end of a booking that nobody knows")
def refused_by_the_domain(bench: Bench) -> None:
    first = json.loads(bench.box.log[-FEW].payload or "{}")
    twice = bench.box.write("ticket.issued", "device:kiosk-1", **first)
    told(bench, "a ticket that was issued before", bench.store([twice]), twice, "duplicate_ticket")
    line = bench.box.write("booking.cancelled", booking="0198c0de-ffff-7000-8000-000000000001", by="visitor", tick=50)
    told(bench, "a cancellation of an unknown booking", bench.store([line]), line, "booking_unknown")
    bench.holds(bench.box.log)


@clause("push", "payloads in any script and spelling come back byte for byte")
def verbatim(bench: Bench) -> None:
    payloads = (
        '{"why":"Күттү — Өткөн жолу\\u2028 қайта","desk":"1","ticket":"x"}',
        '{ "b" : 1,\t"a":[1,  2] , "a2": {"z":1,"y":2} }',
        '{"big":9007199254740991,"small":-9007199254740991,"e":1e3,"f":0.10}',
        '{"escaped":"\\u04e8\\ud83d\\ude00","raw":"Ө😀\u2028","slash":"\\/"}',
        '{"twice":1,"twice":2}',
        '{"composed":"й","decomposed":"\u0438\u0306"}',
    )
    for payload in payloads:
        bench.box.write_raw("conformance.text", payload)
    bench.store(bench.box.log[-len(payloads) :], gzipped=True)
    bench.holds(bench.box.log)


@clause("push", "a line that was erased before it was pushed is stored without payload and salt")
def erased_before(bench: Bench) -> None:
    line = bench.box.write("ticket.recalled", "desk:1", ticket="0198c0de-0000-7000-8000-000000000001", desk="1", tick=60)
    bench.box.write("payload.erased", event=line.id, why="conformance")
    bench.box.log[line.seq - 1] = erased(line)
    bench.store(bench.box.log[line.seq - 1 :])
    bench.holds(bench.box.log)


@clause("push", "payload.erased erases payload and salt of that line at the server, and of no other")
def erased_after(bench: Bench) -> None:
    line = bench.box.write("ticket.recalled", "desk:1", ticket="0198c0de-0000-7000-8000-000000000001", desk="1", tick=61)
    bench.store([line])
    bench.store([bench.box.write("payload.erased", event=line.id, why="conformance")])
    bench.box.log[line.seq - 1] = erased(line)
    bench.holds(bench.box.log)
    bench.store([erased(line), bench.box.log[line.seq]])


@clause("push", "an encoding that the server does not offer is refused")
def unknown_encoding(bench: Bench) -> None:
    reply = bench.push(story.visit(bench.box.copy(), 6), more={"Content-Encoding": "x-conformance"})
    bench.refused(reply, (HTTPStatus.UNSUPPORTED_MEDIA_TYPE, *BATCH))
    bench.holds(bench.box.log)


@clause("push", "gzip that is torn, or unpacks to far more than max_bytes, is refused, and the server lives")
def bomb(bench: Bench) -> None:
    lines = story.visit(bench.box.copy(), 6)
    torn_body = packed(body_of(lines))[:-12]
    gzip_header: dict[str, str | None] = {"Content-Encoding": "gzip"}
    bench.refused(raw(bench, lines, torn_body, gzip_header), TOO_MUCH)
    bench.refused(raw(bench, lines, body_of(lines), gzip_header), TOO_MUCH)
    blown_up = gzip.compress(b" " * (64 * 1024 * 1024), mtime=0, compresslevel=9)
    bench.refused(raw(bench, lines, blown_up, gzip_header), TOO_MUCH)
    bench.holds(bench.box.log)


@clause("push", "more than the limits allow is 413, or taken as far as the server will")
def over_the_limits(bench: Bench) -> None:
    most = bench.said["limits"]["max_events"]
    if most > 5000:
        raise Unseen(f"the server takes {most} events at once, more than the suite sends")
    ahead = bench.box.copy()
    for number in range(most + 1):
        ahead.write("conformance.filler", number=number)
    reply = bench.push(ahead.log[-most - 1 :])
    if reply.status == HTTPStatus.OK:
        bench.box.logs = ahead.logs
        bench.store(bench.box.log[-most - 1 :])
    else:
        bench.refused(reply, (HTTPStatus.REQUEST_ENTITY_TOO_LARGE,))
    bench.holds(bench.box.log)


@clause("push", "a wrong token is refused, whatever the batch")
def wrong_token(bench: Bench) -> None:
    reply = bench.push(bench.box.log[:FEW], token=WRONG)
    expect(reply.status in (HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN), f"answered {reply}")


def not_stored(bench: Bench, lines: Lines, bad: Envelope) -> None:
    """Raise Broken when a batch with a bad line is acknowledged up to it; a server may keep what stands before it."""
    reply = bench.push(lines)
    if reply.status == HTTPStatus.OK:
        acked = reply.json.get("acked") or {}
        expect(isinstance(acked.get("seq"), int) and acked["seq"] < bad.seq, f"a bad line {bad.seq} was acknowledged: {acked!r}")
    elif reply.status != HTTPStatus.FORBIDDEN or bad.centre == bench.box.caller.centre:
        bench.refused_batch(reply)
    keep(bench, lines)


def keep(bench: Bench, lines: Lines) -> None:
    """Take over into the box what the server kept of ``lines``."""
    held = len(bench.stored())
    known = {line.seq for line in bench.box.log}
    bench.box.log.extend(line for line in lines if line.seq <= held and line.seq not in known)
    bench.holds(bench.box.log)


def raw(bench: Bench, lines: Lines, body: bytes, more: dict[str, str | None]) -> Any:
    """Push bytes as they are."""
    return bench.wire.call(bench.box.caller, "POST", JOURNAL, body, more=push_headers(lines) | more)


def rehashed(line: Envelope, **changed: Any) -> Envelope:
    """Return a changed line with the hash that fits it."""
    forged = replace(line, **changed)
    return replace(forged, hash=header_hash(forged))


def told(bench: Bench, what: str, answer: dict[str, Any], line: Envelope, code: str) -> None:
    """Note whether the server gave a notice; it may answer by the feed instead."""
    codes = [each.get("code") for each in answer.get("notices", []) if each.get("seq") == line.seq]
    if code not in codes:
        note = f"{what} was stored without the notice {code}" + (f" but with {codes}" if codes else "")
        if note not in bench.notes:
            bench.notes.append(note)
