"""The national server over HTTP, on SQLite and on PostgreSQL: what it acknowledges is stored, and what it refuses leaves nothing."""

import base64
import gzip
import json
import shutil
import threading
import uuid
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from edge.queueing.chain import Envelope, Head, as_line, sealed
from edge.sync.reference import batch, centres, database, feed, inbox, models, receipts, watermark
from edge.sync.reference.limits import MAX_BYTES
from edge.sync.reference.models import Centre
from tests.sync.reference.box import AT, Box
from tests.sync.reference.conftest import MakeBox

one_engine = pytest.mark.parametrize("address", ["sqlite"], indirect=True, scope="module")  # what is refused before any database
NOW = datetime(2026, 3, 2, 3, 15, tzinfo=UTC)


def greeted(box: Box, lines: int = 3) -> Box:
    """Let a box write, say hello and push all it has."""
    box.write(lines)
    assert box.hello().body["action"] == "resume"
    assert box.push().status == 200
    return box


def row(box: Box) -> Centre:
    found: Centre = Centre.get_by_id(box.centre)
    return found


def as_sent(box: Box, epoch: int = 1) -> list[str]:
    return [as_line(line) for line in box.journal[epoch]]


# Who calls


def test_a_call_is_the_centres_by_its_token_and_the_boxs_by_its_signature(box: MakeBox) -> None:
    mine, other = greeted(box()), box()
    assert replace(mine, token="wrong").hello().status == 401
    assert replace(mine, centre=other.centre).hello().status == 403
    assert replace(mine, token=other.token).push().status == 403
    assert mine.call("GET", "/sync/v1/feed?cursor=", extra={"X-Signature": "AAAA"}).body["error"] == "signature"
    forged = Ed25519PrivateKey.generate()
    assert mine.call("GET", "/sync/v1/feed", extra={"X-Signature": base64.b64encode(forged.sign(b"qs1")).decode()}).status == 401
    assert mine.get("feed", centre=other.centre).status == 403
    assert mine.call("GET", "/sync/v1/feed", extra={"X-Sync-Protocol": "2"}).status == 426


def test_every_answer_has_the_form_of_the_protocol(box: MakeBox) -> None:
    mine = greeted(box())
    answers = [
        mine.hello(),
        mine.get("journal", epoch=1, after=0, limit=5),
        mine.get("feed", cursor=""),
        mine.get("nowhere"),
        mine.call("DELETE", "/sync/v1/feed"),
        mine.get("journal", epoch="x"),
        mine.get("snapshot", scope="moon"),
    ]
    assert [answer.status for answer in answers] == [200, 200, 200, 404, 405, 422, 422]
    for answer in answers:
        assert answer.headers["X-Sync-Protocol"] == "1"
        assert answer.headers["Content-Type"] in {"application/json", "application/x-ndjson"}
        assert int(answer.headers["Content-Length"]) == len(answer.raw)
        if answer.status >= 400:
            assert answer.body.keys() >= {"error", "detail"}


def test_the_first_box_is_bound_and_another_waits_for_the_operator(box: MakeBox) -> None:
    mine = greeted(box())
    other = replace(mine.clone(), key=Ed25519PrivateKey.generate())
    assert other.hello().body["action"] == "fenced"
    other.write()
    assert (other.push(4).status, other.push(4).body["error"]) == (409, "stale_epoch")
    assert other.get("feed", cursor="").status == 409, "a stranger's cursor is no receipt"
    assert mine.push(3).status == 200

    centres.lift(mine.centre, other.node)
    told = other.hello().body
    assert (told["action"], told["epoch"], told["parent"]["seq"], told["acked"]) == ("new_epoch", 2, 3, None)
    assert other.hello().body["epoch"] == 2, "an epoch without events is given again"
    other.begin(told)
    assert other.push().status == 200
    assert mine.hello().body["action"] == "fenced"


def test_a_centre_may_be_bound_by_an_operator_alone(box: MakeBox) -> None:
    mine = box(waits_for_operator=True)
    mine.write()
    assert mine.hello().body["action"] == "enrol"
    assert mine.push().status == 409
    with pytest.raises(centres.Wrong, match="which box"):
        centres.lift(mine.centre, "f" * 32)
    centres.lift(mine.centre)
    assert mine.hello().body["action"] == "resume"
    assert mine.push().status == 200


def test_an_empty_box_that_was_let_in_copies_all_and_takes_the_centre_over(box: MakeBox) -> None:
    mine = greeted(box(), 3)
    new = replace(mine.clone(), key=Ed25519PrivateKey.generate(), epoch=0, journal={}, acked=None)
    assert new.hello().body["action"] == "fenced"
    centres.lift(mine.centre)
    for _ in range(2):
        told = new.hello().body
        assert (told["action"], told["lineage"]) == ("fast_forward", [{"epoch": 1, "seq": 3, "hash": mine.head.hash}])
    new.epoch, new.journal = 1, {1: [Envelope(**json.loads(line)) for line in new.fetched(1)]}
    told = new.hello().body
    assert (told["action"], told["parent"]["seq"]) == ("new_epoch", 3)
    assert mine.push(3).body["error"] == "stale_epoch"


def test_a_second_enrolment_is_another_token_for_the_same_centre(box: MakeBox) -> None:
    mine = greeted(box())
    before = row(mine).person_key
    given = centres.enrol(mine.centre, NOW)
    assert given.person_key == before
    assert mine.hello().status == 401
    assert replace(mine, token=given.token).hello().body["action"] == "resume"


# What is stored


def test_a_pushed_batch_is_stored_byte_for_byte_and_once(box: MakeBox) -> None:
    mine = box()
    mine.write(20, payload='{ "text" : "Ө́ \\u0000 \\ud83d\\ude00 𝄞" }')
    mine.write(1, payload="")
    mine.hello()
    first = mine.push(1, 12, packed=True).body
    assert first["acked"] == {"epoch": 1, "seq": 12, "hash": mine.lines[11].hash}
    assert mine.push(5).body["acked"]["seq"] == 21
    assert mine.push(1, 12).body["acked"]["seq"] == 21, "an old range moves nothing back"
    assert mine.fetched(1) == as_sent(mine)
    assert mine.get("journal", epoch=1, after=21).raw == b""


def test_lines_in_any_order_of_keys_come_back_as_they_came(box: MakeBox) -> None:
    mine = box()
    mine.write()
    mine.hello()
    odd = json.dumps(dict(sorted(json.loads(as_line(mine.lines[0])).items(), reverse=True)), indent=None)
    assert mine.send(mine.lines, body=odd.encode() + b"\n").status == 200
    assert mine.fetched(1) == [odd]


def test_a_receipt_is_this_servers_word_for_the_stored_head(box: MakeBox) -> None:
    mine = box()
    mine.write(2)
    mine.hello()
    receipt = mine.push().body["receipt"]
    assert len(receipt) < 1024
    said, signature = (base64.b64decode(part) for part in receipt.split("."))
    Ed25519PublicKey.from_public_bytes(base64.b64decode(receipts.public_key(NOW))).verify(signature, said)
    assert (json.loads(said)["centre"], json.loads(said)["hash"]) == (mine.centre, mine.lines[1].hash)


@one_engine
@pytest.mark.parametrize(
    ("changed", "status", "word"),
    [
        ({"Content-Digest": "sha-256=:AAAA:"}, 400, "digest"),
        ({"Content-Digest": ""}, 400, "digest"),
        ({"X-First-Seq": "2"}, 400, "headers"),
        ({"X-Last-Seq": "9"}, 400, "headers"),
        ({"X-Last-Seq": "99999"}, 413, "too_large"),
        ({"X-Epoch": "0"}, 400, "headers"),
        ({"X-Last-Hash": "0" * 64}, 400, "headers"),
        ({"X-Prev-Hash": "1" * 64}, 400, "chain"),
        ({"X-Prev-Hash": ""}, 400, "headers"),
        ({"Content-Type": "text/plain"}, 415, "media_type"),
        ({"Content-Encoding": "zstd"}, 415, "encoding"),
        ({"Content-Encoding": "gzip"}, 400, "envelope"),
        ({"X-Request-Id": ""}, 400, "headers"),
    ],
)
def test_a_batch_that_contradicts_its_headers_leaves_nothing(box: MakeBox, changed: dict[str, str], status: int, word: str) -> None:
    mine = box()
    mine.write(3)
    mine.hello()
    answer = mine.send(mine.lines, changed=changed)
    assert (answer.status, answer.body["error"]) == (status, word)
    assert mine.fetched(1) == []


@one_engine
@pytest.mark.parametrize(
    ("change", "word"),
    [
        ({"actor": "desk:4"}, "chain"),
        ({"payload": "{}"}, "chain"),
        ({"payload": None}, "chain"),
        ({"extra": 1}, "envelope"),
        ({"hash": "X" * 64}, "envelope"),
        ({"seq": 1.0}, "envelope"),
        ({"schema": True}, "envelope"),
        ({"clock": ["ntp"]}, "envelope"),
        ({"id": "1"}, "envelope"),
        ({"type": "\0"}, "envelope"),
        ({"payload": "\ud800"}, "envelope"),
        ({"centre": "tokmok"}, "headers"),
    ],
)
def test_a_line_that_is_not_the_contracts_is_not_stored_and_nor_are_those_around_it(box: MakeBox, change: dict[str, Any], word: str) -> None:
    mine = box()
    mine.write(3)
    mine.hello()
    lines = [json.loads(as_line(line)) for line in mine.lines]
    lines[1] |= change
    answer = mine.send(mine.lines, body="".join(json.dumps(line) + "\n" for line in lines).encode())
    assert (answer.status, answer.body["error"]) == (400, word)
    assert mine.fetched(1) == []


@one_engine
@pytest.mark.parametrize(
    "spoil",
    [lambda body: body[:-1], lambda body: body + b"\n", lambda body: b"\xff" + body, lambda body: body.replace(b'"seq":1', b'"seq":1,"seq":1')],
)
def test_a_body_of_other_lines_than_the_contracts_is_refused(box: MakeBox, spoil: Any) -> None:
    mine = box()
    mine.write(2)
    mine.hello()
    assert mine.send(mine.lines, body=spoil("".join(as_line(line) + "\n" for line in mine.lines).encode())).status == 400
    assert mine.fetched(1) == []


@one_engine
def test_unpacking_is_bounded_and_one_event_alone_may_be_large(box: MakeBox) -> None:
    mine = box()
    mine.write(2, payload=json.dumps({"text": "x" * (MAX_BYTES * 6 // 10)}))
    mine.write(1, payload=json.dumps({"text": "x" * (2 * MAX_BYTES)}))
    mine.hello()
    assert mine.push().status == 413
    assert [mine.push(seq, seq, packed=True).status for seq in (1, 2, 3)] == [200, 200, 200]
    bomb = gzip.compress(bytes(20 * 1024 * 1024), 1)
    assert mine.send(mine.lines, body=bomb, changed={"Content-Encoding": "gzip"}).status == 413


def test_a_gap_and_a_fork_say_where(box: MakeBox) -> None:
    mine = greeted(box(), 5)
    twin = mine.clone()
    twin.journal[1] = twin.journal[1][:3]
    twin.write(4)
    assert twin.push(2).body == {**twin.push(2).body, "error": "fork", "seq": 4}
    assert twin.push(5, 6).body["seq"] == 4, "the line before the first is compared, too"
    mine.write(4)
    gap = mine.push(8)
    assert (gap.status, gap.body["error"], gap.body["expected"]) == (409, "gap", 6)
    told = twin.hello().body
    assert (told["action"], told["parent"], told["lineage"]) == (
        "new_epoch",
        {"epoch": 1, "seq": 3, "hash": mine.lines[2].hash},
        [{"epoch": 1, "seq": 5, "hash": mine.lines[4].hash}],
    )
    twin.begin(told)
    assert mine.push(6).body["error"] == "stale_epoch"
    assert twin.push().status == 200
    assert mine.hello().body["action"] == "fenced"
    assert twin.get("journal", epoch=1, after=3).raw.decode().splitlines() == as_sent(mine)[3:5]


def test_an_epoch_begins_with_the_line_that_says_where_it_hangs(box: MakeBox) -> None:
    mine = greeted(box(), 4)
    mine.is_backup = True
    told = mine.hello().body
    later = mine.clone()
    later.epoch, later.journal[2] = 2, []
    later.write(1)
    assert later.push().body["error"] == "envelope"
    strange = mine.clone()
    strange.begin({**told, "parent": {**told["parent"], "hash": "1" * 64}})
    assert strange.push().body["error"] == "fork"
    ahead = mine.clone()
    ahead.begin({**told, "parent": {**told["parent"], "seq": 9}})
    assert ahead.push().body["error"] == "gap"
    mine.begin(told)
    assert mine.push().body["acked"] == {"epoch": 2, "seq": 1, "hash": mine.lines[0].hash}


def test_an_event_id_comes_once_in_an_epoch_and_again_in_another(box: MakeBox) -> None:
    mine = greeted(box(), 2)
    first = mine.lines[0]
    assert first.salt is not None
    assert first.payload is not None
    again = sealed(
        Head(1, 2, mine.lines[1].hash),
        centre=mine.centre,
        id=first.id,
        type=first.type,
        at=AT,
        clock="ntp",
        actor="desk:3",
        salt=first.salt,
        payload=first.payload,
    )
    assert mine.send([again]).body["error"] == "envelope"
    assert len(mine.fetched(1)) == 2


def test_an_erased_payload_is_gone_here_too_and_stays_gone_in_a_copy_that_comes_later(box: MakeBox) -> None:
    mine = greeted(box(), 3)
    mine.write(1, type="payload.erased", payload=json.dumps({"event": mine.lines[1].id, "why": "day over"}))
    mine.write(1, type="payload.erased", payload="nonsense")
    assert mine.push(4).status == 200
    stored = [json.loads(line) for line in mine.fetched(1)]
    assert [line["payload"] is None and line["salt"] is None for line in stored] == [False, True, False, False, False]
    assert [line["hash"] for line in stored] == [line.hash for line in mine.lines]
    assert mine.push(2, 2).status == 200, "sent again with its payload"
    assert json.loads(mine.fetched(1)[1])["payload"] is None

    restored = mine.clone()
    restored.journal[1], restored.is_backup = restored.journal[1][:1], True
    restored.write(1)
    told = restored.hello().body
    restored.journal[1][1:] = mine.journal[1][1:]  # what it held back then, with the payload
    restored.begin(told)
    assert restored.push().status == 200
    copies = {line["id"]: line for line in map(json.loads, restored.fetched(2))}
    assert told["parent"]["seq"] == 1
    assert copies[mine.lines[1].id]["payload"] is None


def test_two_that_push_the_same_at_once_are_both_acknowledged_and_it_is_stored_once(box: MakeBox) -> None:
    mine = box()
    mine.write(60)
    mine.hello()
    with ThreadPoolExecutor(6) as pool:
        answers = list(pool.map(lambda _: mine.send(mine.lines), range(6)))
    assert {answer.status for answer in answers} == {200}
    assert mine.fetched(1) == as_sent(mine)


def test_centres_push_at_once_and_each_gets_its_own(box: MakeBox) -> None:
    boxes = [box() for _ in range(5)]
    for each in boxes:
        each.write(50)
        each.hello()
    with ThreadPoolExecutor(5) as pool:
        answers = list(pool.map(lambda each: each.push(), boxes))
    assert {answer.status for answer in answers} == {200}
    assert all(each.fetched(1) == as_sent(each) for each in boxes)


# What goes down


def put(box: Box, kind: str, key: str, **payload: Any) -> int:
    with database.of_centre(box.centre) as locked:
        return feed.put(locked, kind, key, payload, NOW)


def delete(box: Box, kind: str, key: str) -> int | None:
    with database.of_centre(box.centre) as locked:
        return feed.delete(locked, kind, key, NOW)


def test_the_feed_gives_each_key_in_its_newest_state_in_the_order_of_changes(box: MakeBox) -> None:
    mine = greeted(box())
    empty = mine.get("feed", cursor="").body
    first, second = put(mine, "booking", "b1", state="confirmed"), put(mine, "service", "passport", mode="closed")
    assert put(mine, "booking", "b1", state="confirmed") == first, "what says the same is no change"
    third = put(mine, "booking", "b1", state="cancelled")
    gone = delete(mine, "service", "passport")
    assert first < second < third < (gone or 0)
    page = mine.get("feed", cursor=empty["cursor"], limit=1).body
    assert [(item["key"], item["version"], item["op"]) for item in page["items"]] == [("b1", third, "put")]
    rest = mine.get("feed", cursor=page["cursor"], limit=9).body
    assert [(item["key"], item["op"], item["payload"]) for item in rest["items"]] == [("passport", "delete", None)]
    assert row(mine).receipt_pos == page["items"][0]["pos"], "asking on is the receipt"
    assert mine.get("feed", cursor=rest["cursor"]).body == {"items": [], "cursor": rest["cursor"], "pause_ms": feed.IDLE_MS}
    assert mine.hello().body["feed_head"] == rest["cursor"]


def test_a_snapshot_is_what_is_there_now_and_its_digest_that_of_hello(box: MakeBox) -> None:
    mine = greeted(box())
    put(mine, "booking", "b1", state="confirmed")
    put(mine, "slot_grant", "s1", granted=1)
    put(mine, "notice", "n1", text={})
    put(mine, "calendar", "2026-03-08", closed=True)
    delete(mine, "notice", "n1")
    told = mine.hello().body
    kinds = {"bookings": {"booking"}, "slots": {"slot_grant"}, "config": {"calendar"}, "all": {"booking", "slot_grant", "calendar"}}
    for scope, wanted in kinds.items():
        got = mine.get("snapshot", scope=scope).body
        assert {item["kind"] for item in got["items"]} == wanted
        assert (got["digest"], got["cursor"]) == (told["digests"][scope], told["feed_head"])


def test_a_cursor_of_another_time_or_ahead_or_older_than_what_was_forgotten_asks_for_a_snapshot(box: MakeBox) -> None:
    mine = greeted(box())
    early = mine.get("feed", cursor="").body["cursor"]
    put(mine, "notice", "n1", text={})
    delete(mine, "notice", "n1")
    put(mine, "notice", "n2", text={})
    late = mine.get("feed", cursor="").body["cursor"]
    mine.get("feed", cursor=late)
    with database.of_centre(mine.centre) as locked:
        assert feed.forget_deletions(locked, NOW) == 0, "not older yet"
        assert feed.forget_deletions(locked, NOW + timedelta(seconds=1)) == 1
    assert mine.get("feed", cursor=early).status == 410
    assert mine.get("feed", cursor=late).status == 200
    assert [item["key"] for item in mine.get("feed", cursor="").body["items"]] == ["n2"]
    for wrong in (late + "0", "nonsense", f"{uuid.uuid4().hex}.1"):
        assert mine.get("feed", cursor=wrong).body["error"] == "cursor_ahead"


# Restores and backups


def test_a_restored_server_begins_a_new_incarnation_and_learns_the_journal_before_it_gives_anything(box: MakeBox) -> None:
    mine = greeted(box())
    version = put(mine, "booking", "b1", state="confirmed")
    cursor = mine.get("feed", cursor="").body["cursor"]
    with database.of_centre(mine.centre) as locked:
        centres.renew(locked, datetime.now(UTC))
    mine.write(5)
    assert mine.get("feed", cursor=cursor).body["error"] == "cursor_ahead"
    told = mine.hello().body
    assert told["action"] == "resume"
    assert told["incarnation"] != cursor.partition(".")[0]
    assert row(mine).relearning
    mine.push(4, 6)
    assert row(mine).relearning
    mine.push(7)
    assert not row(mine).relearning
    assert put(mine, "booking", "b2", state="confirmed") > version


def test_a_server_that_was_set_back_unnoticed_knows_it_from_its_own_acknowledgement(box: MakeBox) -> None:
    mine = greeted(box(), 2)
    before = row(mine).incarnation
    mine.write(2)
    assert mine.acked is not None
    mine.acked = {**mine.acked, "seq": 4, "hash": mine.lines[3].hash}  # as if 3 and 4 were acknowledged and then lost
    told = mine.hello().body
    assert (told["action"], told["from_seq"]) == ("push_from", 3)
    assert told["incarnation"] != before
    assert row(mine).relearning
    mine.push(3)
    assert not row(mine).relearning


def test_a_copy_from_before_the_first_hello_is_known_as_one_too(box: MakeBox) -> None:
    mine = box()
    mine.write(2)
    before = row(mine).incarnation
    mine.acked = {"epoch": 1, "seq": 2, "hash": mine.lines[1].hash, "incarnation": before}
    told = mine.hello().body
    assert (told["action"], told["from_seq"]) == ("push_from", 1)
    assert told["incarnation"] != before


def test_a_restored_box_under_a_new_incarnation_is_learned_when_its_tail_came_again(box: MakeBox) -> None:
    mine = greeted(box(), 4)
    with database.of_centre(mine.centre) as locked:
        centres.renew(locked, datetime.now(UTC))
    mine.write(3)
    mine.is_backup = True
    mine.begin(mine.hello().body)
    assert len(mine.lines) == 1 + 3
    mine.push(1, 3)
    assert row(mine).relearning
    mine.push(4)
    assert not row(mine).relearning


def test_an_epoch_that_says_how_much_comes_again_ends_the_relearning_there(box: MakeBox) -> None:
    mine = greeted(box(), 4)
    with database.of_centre(mine.centre) as locked:
        centres.renew(locked, datetime.now(UTC))
    mine.write(3)
    mine.is_backup = True
    told = mine.hello().body
    mine.journal[1] = mine.journal[1][:6]  # one of them came from the server, and is not said again
    mine.begin(told, tail=2)
    mine.push()
    assert not row(mine).relearning


def test_all_that_is_stored_becomes_durable_when_the_operator_says_so(box: MakeBox) -> None:
    mine = greeted(box(), 4)
    assert mine.hello().body["durable_seq"] == 0
    assert (mine.centre, 1, 4) in watermark.advance()
    mine.write()
    assert mine.push(5).body["durable_seq"] == 4


# The database itself


def test_a_copy_makes_durable_what_it_holds_and_no_more(new_file: Path) -> None:
    bound: Any = models.DATABASE.obj
    try:
        database.open_database(new_file)
        given = centres.enrol("osh", NOW)
        mine = Box("", given.token, "osh")
        mine.write(5)
        with database.of_centre("osh") as locked:
            centres.bind(locked, mine.node, mine.public_key, NOW)

        def keep(first: int, last: int) -> None:
            lines = mine.lines[first - 1 : last]
            claim = batch.Claim("osh", mine.node, 1, first, last, lines[0].prev_hash, lines[-1].hash)
            inbox.store(batch.read(claim, "".join(as_line(line) + "\n" for line in lines).encode()), NOW)

        keep(1, 3)
        copy = new_file.with_name("copy.db")
        database.database().execute_sql("PRAGMA wal_checkpoint(TRUNCATE)")  # type: ignore[no-untyped-call]
        shutil.copy(new_file, copy)
        keep(4, 5)
        assert watermark.advance(copy) == [("osh", 1, 3)]
        assert watermark.advance(copy) == []
        assert watermark.advance() == [("osh", 1, 5)]
    finally:
        database.close_database()
        models.DATABASE.initialize(bound)


def test_a_reader_meets_positions_in_the_order_of_commits(box: MakeBox) -> None:
    """What is given a later position is committed later: a reader that pages on while many write misses nothing."""
    mine = greeted(box())
    done = threading.Event()

    def write(name: int) -> None:
        for number in range(10):
            put(mine, "notice", f"n{name}-{number}", text={})
        database.close_thread()

    seen: list[str] = []
    cursor = ""
    with ThreadPoolExecutor(3) as pool:
        writers = [pool.submit(write, name) for name in range(3)]
        while not done.is_set() or len(seen) < 30:
            page = mine.get("feed", cursor=cursor, limit=4).body
            seen += [item["key"] for item in page["items"]]
            cursor = page["cursor"]
            if all(writer.done() for writer in writers):
                done.set()
                if not page["items"]:
                    break
        for writer in writers:
            writer.result()
    assert len(seen) == len(set(seen)) == 30


def test_a_database_that_ended_all_connections_is_asked_anew(box: MakeBox) -> None:
    mine = greeted(box())
    if database.is_postgres():
        database.database().execute_sql(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()"
        )  # type: ignore[no-untyped-call]
    mine.write()
    assert mine.push(4).status == 200
