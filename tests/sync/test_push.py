"""Batches and their acknowledgements: what is sent, and which answers are believed."""

import gzip
import json
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest

from edge.queueing.chain import GENESIS, Head, as_line
from edge.store import outbox, queries
from edge.sync.answers import Failed, Kind
from edge.sync.push import Pusher
from edge.sync.signing import Signer
from edge.sync.transport import Endpoint, Transport
from tests.operations.box import Box
from tests.sync.scripted import OURS, Heard, Server, serving

START = Head(1, 0, GENESIS)


@pytest.fixture(scope="module")
def box(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Box]:
    one = Box(tmp_path_factory.mktemp("push") / "edge.db")
    one.make()
    for _ in range(20):
        one.issue()
    yield one
    one.stop()


@pytest.fixture
def server() -> Iterator[Server]:
    with serving(lambda _: (200, OURS, b"{}")) as running:
        yield running


def pusher(box: Box, server: Server) -> Pusher:
    return Pusher(box.database, Transport(Endpoint(server.url), Signer(bytes(32)), "test-centre"))


def says(server: Server, **values: Any) -> None:
    body = json.dumps(values).encode()
    server.say = lambda _: (200, OURS, body)


def acked(head: Head) -> dict[str, Any]:
    return {"epoch": head.epoch, "seq": head.seq, "hash": head.hash}


def refused(one: Pusher, page: outbox.Page, known: str | None = "i-1") -> Kind:
    with pytest.raises(Failed) as caught:
        one.send(page, known)
    return caught.value.judgement.kind


def test_a_batch_is_the_journals_lines_as_they_were_hashed(box: Box, server: Server) -> None:
    one = pusher(box, server)
    page = one.next(START)
    assert page
    says(server, acked=acked(page.head), durable_seq=3, incarnation="i-1", notices=[{"seq": 4, "code": "type_unknown"}], receipt="r", pause_ms=250)
    given = one.send(page, "i-1")
    heard = server.heard[0]
    lines = [as_line(line) for line in queries.lines(box.database, 1, 0, 200)]
    assert gzip.decompress(heard.body).decode() == "".join(f"{line}\n" for line in lines)
    assert (heard.headers["x-first-seq"], heard.headers["x-last-seq"]) == ("1", str(len(lines)))
    assert (heard.headers["x-prev-hash"], heard.headers["x-last-hash"]) == (GENESIS, page.head.hash)
    assert (given.head, given.durable_seq, given.receipt, given.pause_s, len(given.notices)) == (page.head, 3, "r", 0.25, 1)


def test_a_repeated_batch_has_the_same_bytes_and_request_id(box: Box, server: Server) -> None:
    for _ in range(2):
        one = pusher(box, server)
        page = one.next(START)
        assert page
        assert refused(one, page) is Kind.TRANSIENT
    first, second = server.heard
    assert first.body == second.body
    assert first.headers["x-request-id"] == second.headers["x-request-id"]


def test_a_part_that_was_stored_counts_and_the_rest_is_sent_next(box: Box, server: Server) -> None:
    one = pusher(box, server)
    page = one.next(START)
    assert page
    middle = Head(1, 5, page.hashes[4])
    says(server, acked=acked(middle), incarnation="i-1")
    given = one.send(page, "i-1")
    following = one.next(given.head)
    assert following
    assert (following.first, following.prev_hash) == (6, middle.hash)


def test_an_acknowledgement_is_believed_only_with_a_hash_of_ours_and_never_goes_back(box: Box, server: Server) -> None:
    one = pusher(box, server)
    whole = one.next(START)
    assert whole
    tenth = Head(1, 10, whole.hashes[9])
    page = one.next(tenth)
    assert page
    wrong: list[tuple[dict[str, Any], Kind]] = [
        ({}, Kind.TRANSIENT),
        ({"acked": None}, Kind.TRANSIENT),
        ({"acked": {"epoch": 1, "seq": "10", "hash": tenth.hash}}, Kind.TRANSIENT),
        ({"acked": {"epoch": True, "seq": 10, "hash": tenth.hash}}, Kind.TRANSIENT),
        ({"acked": acked(tenth)}, Kind.TRANSIENT),
        ({"acked": acked(Head(1, 9, whole.hashes[8]))}, Kind.TRANSIENT),
        ({"acked": acked(replace(page.head, epoch=2))}, Kind.TRANSIENT),
        ({"acked": acked(replace(page.head, hash="0" * 64))}, Kind.STATE),
        ({"acked": acked(replace(page.head, seq=page.last + 1))}, Kind.STATE),
        ({"acked": acked(page.head), "incarnation": "i-2"}, Kind.STATE),
    ]
    for values, kind in wrong:
        says(server, **values)
        assert refused(one, page) is kind, values


def test_batches_grow_from_200_to_what_both_sides_bear_and_halve(box: Box, server: Server) -> None:
    one = pusher(box, server)
    sizes = [one.events]
    for _ in range(4):
        one.arrived()
        sizes.append(one.events)
    assert sizes == [200, 400, 800, 1000, 1000]
    one.transport.took_s = one.transport.patience_s * 0.6
    one.events = 200
    one.arrived()
    assert one.events == 200, "twice as many would not arrive in time"
    one.transport.took_s = 0.0
    one.take_limits({"max_events": 7, "max_bytes": 100_000, "encodings": []})
    page = one.next(START)
    assert page
    assert (len(page.lines), one.packs) == (7, False)
    assert one.shrink(page)
    assert one.events == 3
    one.events = 1
    assert not one.shrink(one.next(START)), "one event cannot be made smaller"
    one.take_limits("nonsense")
    one.take_limits({"max_events": "many", "max_bytes": -1})
    assert one.events == 1


def test_a_batch_keeps_to_the_bytes_but_always_has_one_line(box: Box) -> None:
    page = outbox.page(box.database, 1, 0, most=100, most_bytes=10)
    assert page
    assert len(page.lines) == 1
    two = len(page.body()) + 1000
    more = outbox.page(box.database, 1, 0, most=100, most_bytes=two)
    assert more
    assert 1 < len(more.lines) < 100
    assert len(more.body()) <= two


def test_without_gzip_the_body_is_sent_as_it_is(box: Box, server: Server) -> None:
    one = pusher(box, server)
    page = one.next(START)
    assert page
    assert one.shrink(page, plainer=True)
    assert one.events == 200, "plainer is enough"
    refused(one, page)
    heard: Heard = server.heard[0]
    assert "content-encoding" not in heard.headers
    assert heard.body == page.body()
