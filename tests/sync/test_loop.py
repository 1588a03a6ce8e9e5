"""What the link does with each class of answer: against a server that keeps to the contract until the test lets it answer otherwise."""

import gzip
import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from edge.operations.link_state import State, Why
from edge.operations.national import digest_of
from edge.queueing.chain import GENESIS
from edge.store import sync_state
from edge.sync.signing import digest
from tests.sync.centre_link import Linked, National, linked, wait_for
from tests.sync.scripted import OURS, Heard, serving

Said = tuple[int, dict[str, str], bytes]
NOTICE = {
    "kind": "notice",
    "key": "n-1",
    "version": 7,
    "op": "put",
    "payload": {"text": {"ru": "x"}, "from": None, "to": None},
    "custody": "national",
}


def told(values: dict[str, Any], status: int = 200) -> Said:
    body = json.dumps(values).encode()
    return status, {**OURS, "Content-Digest": digest(body)}, body


def refused(status: int, word: str = "busy", **more: Any) -> Said:
    return told({"error": word, "detail": "a test says so", **more}, status)


@dataclass
class Country:
    """Stores what it is sent; ``otherwise`` may answer a path in another way."""

    otherwise: dict[str, Callable[[Heard], Said | None]] = field(default_factory=dict)
    lines: list[dict[str, Any]] = field(default_factory=list)
    asked: list[str] = field(default_factory=list)
    items: list[dict[str, Any]] = field(default_factory=list)

    def answer(self, heard: Heard) -> Said:
        path = heard.path.partition("?")[0].rpartition("/")[2]
        self.asked.append(path)
        usual = {"hello": self._hello, "journal": self._journal, "feed": self._feed, "snapshot": self._snapshot}
        changed = self.otherwise[path](heard) if path in self.otherwise else None
        return changed or usual[path](heard)

    def _head(self) -> dict[str, Any]:
        last = self.lines[-1] if self.lines else {"seq": 0, "hash": GENESIS}
        return {"epoch": 1, "seq": last["seq"], "hash": last["hash"]}

    def _hello(self, heard: Heard) -> Said:
        said = json.loads(heard.body)
        limits = {"max_events": 1000, "max_bytes": 1 << 20, "encodings": ["gzip"]}
        acked = self._head() if self.lines else None
        at = {"incarnation": "i-1", "server_time": said["at"], "feed_head": f"c-{len(self.items)}", "digests": {}}
        return told({**at, "action": "resume", "epoch": 1, "acked": acked, "durable_seq": 0, "limits": limits})

    def _journal(self, heard: Heard) -> Said:
        body = gzip.decompress(heard.body) if heard.headers.get("content-encoding") == "gzip" else heard.body
        found = [json.loads(text) for text in body.decode().splitlines()]
        self.lines += [line for line in found if line["seq"] > len(self.lines)]
        answer = {"acked": self._head(), "durable_seq": 0, "incarnation": "i-1", "notices": [], "pause_ms": 0, "receipt": None}
        return told(answer)

    def _feed(self, heard: Heard) -> Said:
        cursor = heard.path.partition("cursor=")[2].partition("&")[0]
        after = int(cursor.partition("-")[2] or 0)
        return told({"items": self.items[after:], "cursor": f"c-{len(self.items)}", "pause_ms": 0})

    def _snapshot(self, _heard: Heard) -> Said:
        held = digest_of((item["kind"], item["key"], item["version"]) for item in self.items)
        return told({"scope": "all", "cursor": f"c-{len(self.items)}", "items": self.items, "digest": held})


@pytest.fixture
def country() -> Country:
    return Country()


@pytest.fixture
def one(country: Country, tmp_path: Path) -> Iterator[Linked]:
    with serving(country.answer) as server, linked(tmp_path / "edge.db", National(server.url, "t").settings()) as running:
        wait_for(running.is_level)
        yield running


def asks(one: Linked, condition: Callable[[], object]) -> None:
    """Wait for something while somebody asks for attempts."""
    wait_for(lambda: condition() or one.hurries())


@pytest.mark.parametrize(
    ("path", "answer", "why"),
    [
        ("journal", refused(500), Why.UNREACHABLE),
        ("journal", refused(400, "chain"), Why.BATCH),
        ("journal", refused(422, "envelope"), Why.BATCH),
        ("journal", refused(401, "token"), Why.CREDENTIAL),
        ("journal", (404, {"Content-Type": "text/html"}, b"<html>"), Why.CONFIGURATION),
        ("journal", (200, {"Content-Type": "text/html"}, b"<html>"), Why.CONFIGURATION),
        ("journal", (204, OURS, b""), Why.CONFIGURATION),
        ("journal", refused(410, "compacted"), Why.CONFIGURATION),
        ("journal", refused(413, "too_large"), Why.BATCH),
        ("journal", told({"acked": None}), Why.UNREACHABLE),
        ("journal", refused(426, "version"), Why.VERSION),
        ("feed", refused(503), Why.UNREACHABLE),
        ("feed", told({"items": [{"kind": "notice"}], "cursor": "c-1"}), Why.BATCH),
    ],
    ids=["500", "chain", "422", "401", "404", "html", "204", "410", "413", "no-ack", "426", "feed-503", "feed-unreadable"],
)
def test_each_class_is_said_and_left_when_the_answer_is_right_again(one: Linked, country: Country, path: str, answer: Said, why: Why) -> None:
    country.otherwise[path] = lambda heard: answer if heard.method == "POST" or path == "feed" else None
    one.box.issue()
    asks(one, one.blocked_by(why))
    one.box.issue()
    before = one.own_lines(1)
    country.otherwise.clear()
    asks(one, one.is_level)
    assert [(line["seq"], line["hash"]) for line in country.lines][: len(before)] == before
    assert (one.said["why"], one.said["detail"]) == (None, None)


def test_a_batch_that_the_server_cannot_take_keeps_no_item_from_coming(one: Linked, country: Country) -> None:
    country.otherwise["journal"] = lambda _: refused(500)
    one.box.issue()
    asks(one, one.blocked_by(Why.UNREACHABLE))
    country.items.append(NOTICE)
    asks(one, lambda: "national.applied" in one.box.types())
    assert one.said["pending"] > 0


def test_a_cursor_that_is_not_of_this_server_is_answered_with_hello_and_a_snapshot(one: Linked, country: Country) -> None:
    country.items.append(NOTICE)
    country.otherwise["feed"] = lambda _: refused(409, "cursor_ahead")
    asks(one, lambda: "snapshot" in country.asked)
    country.otherwise.clear()
    asks(one, lambda: sync_state.read(one.box.database).cursor == "c-1")
    place = country.asked.index("snapshot")
    assert "hello" in country.asked[place - 3 : place]
    assert "national.applied" in one.box.types()
    wait_for(one.is_level)


def test_a_feed_that_was_compacted_is_answered_with_a_snapshot_at_once(one: Linked, country: Country) -> None:
    country.items.append(NOTICE)
    answers = iter([refused(410, "compacted")])
    country.otherwise["feed"] = lambda _: next(answers, None)
    asks(one, lambda: "national.applied" in one.box.types())
    assert "snapshot" in country.asked
    wait_for(one.is_level)


def test_a_server_whose_feed_has_no_beginning_is_asked_for_a_snapshot(country: Country, tmp_path: Path) -> None:
    country.items.append(NOTICE)
    country.otherwise["feed"] = lambda heard: refused(400, "cursor") if "cursor=&" in heard.path else None
    with serving(country.answer) as server, linked(tmp_path / "edge.db", National(server.url, "t").settings()) as one:
        wait_for(one.is_level)
        wait_for(lambda: "national.applied" in one.box.types())
        assert one.said["why"] is None


def test_batches_get_smaller_until_the_server_takes_them(one: Linked, country: Country) -> None:
    for _ in range(10):
        one.box.issue()
    wait_for(one.is_level)
    one.loop.stop()
    for _ in range(30):
        one.box.issue()

    def at_most_seven(heard: Heard) -> Said | None:
        count = int(heard.headers["x-last-seq"]) - int(heard.headers["x-first-seq"]) + 1
        return refused(413, "too_large") if count > 7 else None

    country.otherwise["journal"] = at_most_seven
    one.restart()
    wait_for(one.is_level)


def test_an_acknowledgement_of_what_is_not_ours_is_answered_with_hello(one: Linked, country: Country) -> None:
    wrong = told({"acked": {"epoch": 1, "seq": 1, "hash": "0" * 64}, "incarnation": "i-1", "durable_seq": 0})
    answers = iter([wrong])
    country.otherwise["journal"] = lambda _: next(answers, None)
    greeted = country.asked.count("hello")
    one.box.issue()
    wait_for(lambda: country.asked.count("hello") > greeted)
    wait_for(one.is_level)
    assert sync_state.read(one.box.database).acked == one.box.database.committed.head


def test_a_server_that_wants_what_nobody_knows_is_asked_again(country: Country, tmp_path: Path) -> None:
    country.otherwise["hello"] = lambda _: told({"action": "dance", "incarnation": "i-1"})
    with serving(country.answer) as server, linked(tmp_path / "edge.db", National(server.url, "t").settings()) as one:
        asks(one, one.blocked_by(Why.UNREACHABLE))
        assert country.asked.count("hello") == len(country.asked), "nothing is pushed and nothing pulled before the server knows us"
        country.otherwise.clear()
        asks(one, one.is_level)


@pytest.mark.parametrize(("action", "why"), [("enrol", Why.ENROL), ("upgrade", Why.VERSION), ("fenced", Why.FENCED)])
def test_a_server_that_lets_us_wait_is_not_pushed_to(country: Country, tmp_path: Path, action: str, why: Why) -> None:
    country.otherwise["hello"] = lambda _: told({"action": action, "incarnation": "i-1", "epoch": 1, "acked": None})
    with serving(country.answer) as server, linked(tmp_path / "edge.db", National(server.url, "t").settings()) as one:
        wait_for(one.blocked_by(why))
        one.box.issue()
        assert set(country.asked) == {"hello"}
        assert one.said["state"] == State.BLOCKED
        country.otherwise.clear()
        asks(one, one.is_level)
