"""The test vector of the protocol on both sides: lines as somebody else's edge would send them, with their hashes as the page has them."""

import json
import re
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from edge.queueing.chain import GENESIS, Head, fault, read_line
from edge.sync import signing
from edge.sync.reference import batch, calls, centres, database, inbox, journal
from edge.sync.reference.refusals import Refusal

PAGE = (Path(__file__).parents[2] / "docs/sync.md").read_text(encoding="utf-8").split("### Test vector")[1].split("\n## ")[0]
ISSUED, HEADER, CALLED = (block.strip() for block in re.findall(r"```json\n(.*?)```", PAGE, re.DOTALL))
HASHES = re.findall(r"`([0-9a-f]{64})`", PAGE)
NOW = datetime(2026, 3, 2, 4, tzinfo=UTC)


def lines() -> list[dict[str, Any]]:
    """The vector's two lines, in an order of keys that is nobody's."""
    header = json.loads(HEADER)
    first = {**header, "salt": "000102030405060708090a0b0c0d0e0f", "payload": ISSUED, "hash": HASHES[1]}
    second = {**header, "id": "01936b2e-7c00-7000-8000-000000000002", "type": "ticket.called", "actor": "desk:3", "seq": 2, "prev_hash": HASHES[1]}
    return [first, {**second, "salt": "f0" * 16, "payload": CALLED, "payload_hash": HASHES[2], "hash": HASHES[3]}]


def texts() -> list[str]:
    return [json.dumps(line, ensure_ascii=True) for line in lines()]  # escaped, with spaces: any JSON of the same values


@pytest.fixture
def server(tmp_path: Path) -> Iterator[None]:
    """A national server with the vector's centre, whose box is bound."""
    database.open_database(tmp_path / "national.db")
    centres.enrol("kara-balta", NOW)
    with database.of_centre("kara-balta") as row:
        centres.bind(row, "0" * 32, "", NOW)
        row.save()
    yield
    database.close_database()


def claim() -> batch.Claim:
    return batch.Claim("kara-balta", "0" * 32, epoch=1, first=1, last=2, prev_hash=GENESIS, last_hash=HASHES[3])


def body(made: list[str]) -> bytes:
    return "".join(f"{line}\n" for line in made).encode()


def test_the_edge_reads_and_proves_the_vector() -> None:
    head = Head(1, 0, GENESIS)
    for text in texts():
        line = read_line(text)
        assert fault(head, line) is None
        head = Head(line.epoch, line.seq, line.hash)
    assert head.hash == HASHES[3]


@pytest.mark.usefixtures("server")
def test_the_reference_proves_stores_and_acknowledges_the_vector_and_gives_it_back_byte_for_byte() -> None:
    read = batch.read(claim(), body(texts()))
    inbox.store(read, NOW)
    assert inbox.acknowledged(read, NOW)["acked"] == {"epoch": 1, "seq": 2, "hash": HASHES[3]}
    assert journal.page("kara-balta", 1, 0, 10).encode() == body(texts())


@pytest.mark.parametrize("changed", [("Ө042", "Ө043"), ("Күттү", "Күтту"), ("ntp", "rtc"), (HASHES[0], HASHES[2]), ("kiosk-1", "kiosk-2")])
def test_neither_side_takes_the_vector_with_another_letter(changed: tuple[str, str]) -> None:
    made = [json.dumps({**line, **{key: value.replace(*changed) for key, value in line.items() if isinstance(value, str)}}) for line in lines()]
    with pytest.raises(Refusal):
        batch.read(claim(), body(made))
    assert any(fault(Head(1, 0, GENESIS) if line.seq == 1 else Head(1, 1, HASHES[1]), line) for line in map(read_line, made))


def test_both_sides_have_the_pages_content_digest() -> None:
    told = re.search(r"sha-256=:[A-Za-z0-9+/]{43}=:", PAGE)
    assert told is not None
    assert signing.digest(b'{"hello":1}') == calls.content_digest(b'{"hello":1}') == told[0]
