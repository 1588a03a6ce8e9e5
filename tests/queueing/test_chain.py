"""The envelope and its chain: the test vector of `contract/national.md`, and what any change to a line does."""

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge.queueing.chain import (
    GENESIS,
    Envelope,
    Head,
    as_line,
    fault,
    header_bytes,
    header_hash,
    instant,
    moment,
    payload_hash,
    read_line,
    resealed,
    sealed,
)

ISSUED = (
    '{"ticket":"01936b2e-7c00-7000-8000-0000000000a1","number":"Ө042","day":"2026-03-02","service":"passport",'
    '"category":null,"lang":"ky","booking":null,"via":"kiosk-1"}'
)
CALLED = '{"ticket":"01936b2e-7c00-7000-8000-0000000000a1","desk":"3","why":"Күттү"}'
HEADER = (
    '{"actor":"device:kiosk-1","at":"2026-03-02T03:15:00.120Z","centre":"kara-balta","clock":"ntp","epoch":1,'
    '"id":"01936b2e-7c00-7000-8000-000000000001","payload_hash":"a3640087a3a910c1364cdc0f2bf43f1001443081fd24f3f38d78cc459ab74f7e",'
    '"prev_hash":"0000000000000000000000000000000000000000000000000000000000000000","schema":1,"seq":1,"type":"ticket.issued"}'
)
EMPTY = Head(1, 0, GENESIS)


def first() -> Envelope:
    return sealed(
        EMPTY,
        centre="kara-balta",
        id="01936b2e-7c00-7000-8000-000000000001",
        type="ticket.issued",
        at="2026-03-02T03:15:00.120Z",
        clock="ntp",
        actor="device:kiosk-1",
        salt="000102030405060708090a0b0c0d0e0f",
        payload=ISSUED,
    )


def second(after: Envelope) -> Envelope:
    return sealed(
        head_of(after),
        centre="kara-balta",
        id="01936b2e-7c00-7000-8000-000000000002",
        type="ticket.called",
        at="2026-03-02T03:15:00.120Z",
        clock="ntp",
        actor="desk:3",
        salt="f0" * 16,
        payload=CALLED,
    )


def head_of(line: Envelope) -> Head:
    return Head(line.epoch, line.seq, line.hash)


def test_the_first_line_of_the_contracts_vector() -> None:
    assert (len(ISSUED.encode()), len(HEADER.encode())) == (165, 351)
    line = first()
    assert line.payload_hash == "a3640087a3a910c1364cdc0f2bf43f1001443081fd24f3f38d78cc459ab74f7e"
    assert header_bytes(line) == HEADER.encode()
    assert line.hash == "601d192722ff1ddc09e33e2378fcf25b8d29c2b9bf083bb9c94fe0c8dc0e7e3a"


def test_the_second_line_of_the_contracts_vector() -> None:
    line = second(first())
    assert line.payload_hash == "174770a7b1865515e69ef915264524a4a305da0e6c2645cd4f1129d6264e39b8"
    assert line.hash == "02e0f12f5c50f96432099b4a3f01cd42fc9907cf164a347ec21954bba9a97bf2"


def test_a_line_travels_with_exactly_the_keys_of_the_contract() -> None:
    travelling = json.loads(as_line(first()))
    names = "centre epoch seq id type schema at clock actor prev_hash salt payload_hash payload hash"
    assert sorted(travelling) == sorted(names.split())
    assert travelling["payload"] == ISSUED


def test_a_whole_chain_has_no_fault() -> None:
    line = first()
    assert fault(EMPTY, line) is None
    assert fault(head_of(line), second(line)) is None


@pytest.mark.parametrize(
    ("changed", "found"),
    [
        ({"seq": 3}, "expected epoch 1 seq 2"),
        ({"seq": 1}, "expected epoch 1 seq 2"),
        ({"epoch": 3, "seq": 1}, "or epoch.started as seq 1 of a later epoch"),
        ({"epoch": 2}, "or epoch.started as seq 1 of a later epoch"),
        ({"epoch": 2, "type": "epoch.started"}, "or epoch.started as seq 1 of a later epoch"),
        ({"epoch": 0}, "expected epoch 1 seq 2"),
        ({"prev_hash": GENESIS}, "previous hash differs"),
        ({"payload": CALLED.replace("3", "4")}, "payload differs from its hash"),
        ({"salt": "f1" * 16}, "payload differs from its hash"),
        ({"payload": None}, "erased together"),
        ({"salt": None}, "erased together"),
        ({"actor": "desk:4"}, "header differs from its hash"),
        ({"at": "2026-03-02T03:15:00.121Z"}, "header differs from its hash"),
        ({"clock": "rtc"}, "header differs from its hash"),
        ({"centre": "tokmok"}, "header differs from its hash"),
        ({"id": "01936b2e-7c00-7000-8000-000000000003"}, "header differs from its hash"),
        ({"type": "ticket.recalled"}, "header differs from its hash"),
        ({"schema": 2}, "header differs from its hash"),
        ({"hash": "0" * 64}, "header differs from its hash"),
    ],
)
def test_any_change_to_a_line_is_seen(changed: dict[str, object], found: str) -> None:
    line = first()
    told = fault(head_of(line), replace(second(line), **changed))  # type: ignore[arg-type]  # a table of single fields
    assert told is not None
    assert found in told


def started(epoch: int) -> Envelope:
    return sealed(
        Head(epoch, 0, GENESIS),
        centre="kara-balta",
        id=f"01936b2e-7c00-7000-8000-00000000e{epoch:03d}",
        type="epoch.started",
        at="2026-03-02T03:15:00.120Z",
        clock="ntp",
        actor="system",
        salt="00" * 16,
        payload="{}",
    )


def test_an_epoch_may_be_followed_by_any_later_one_that_says_so_in_its_first_line() -> None:
    assert fault(head_of(first()), started(2)) is None
    assert fault(head_of(first()), started(7)) is None
    assert fault(EMPTY, started(2)) is None, "nothing was in common"
    assert fault(head_of(started(2)), first()) is not None, "an older epoch never comes after a newer one"
    assert fault(head_of(first()), replace(started(2), prev_hash=first().hash)) == "previous hash differs from the line before"


def test_a_line_said_again_in_another_epoch_differs_only_in_its_place() -> None:
    line = second(first())
    again = resealed(head_of(started(2)), line)
    assert fault(head_of(started(2)), again) is None
    assert replace(again, epoch=1, prev_hash=line.prev_hash, hash=line.hash) == line
    erased = replace(line, payload=None, salt=None)
    assert fault(head_of(started(2)), resealed(head_of(started(2)), erased)) is None


@given(st.text(), st.text(alphabet='äөк\u2028"\\', max_size=20))
def test_a_line_is_read_as_it_was_written(actor: str, payload: str) -> None:
    line = replace(first(), actor=actor, payload=payload)
    assert read_line(as_line(line)) == line
    assert read_line(as_line(line).encode()) == line
    assert read_line(as_line(replace(line, payload=None, salt=None))).payload is None


@pytest.mark.parametrize(
    "changed",
    [{"seq": "1"}, {"seq": -1}, {"seq": 2**53}, {"seq": True}, {"epoch": 1.0}, {"actor": None}, {"payload": {}}, {"extra": 1}, {"hash": ...}],
)
def test_what_is_no_envelope_is_not_read(changed: dict[str, object]) -> None:
    values = {**json.loads(as_line(first())), **changed}
    with pytest.raises(ValueError, match="journal"):
        read_line(json.dumps({key: value for key, value in values.items() if value is not ...}))
    with pytest.raises(ValueError, match="journal"):
        read_line("[]")


def test_a_payload_that_was_swapped_together_with_its_hash_is_seen_in_the_header() -> None:
    line = first()
    forged = CALLED.replace("3", "4")
    found = fault(head_of(line), replace(second(line), payload=forged, payload_hash=payload_hash("f0" * 16, forged)))
    assert found == "header differs from its hash"


def test_a_line_that_was_resealed_breaks_the_next_one() -> None:
    line = first()
    after = second(line)
    forged = sealed(EMPTY, **{**fields_of(line), "actor": "device:kiosk-2"})  # type: ignore[arg-type]
    assert fault(EMPTY, forged) is None
    assert fault(head_of(forged), after) == "previous hash differs from the line before"


def test_an_erased_line_still_holds_the_chain() -> None:
    line = first()
    erased = replace(line, payload=None, salt=None)
    assert fault(EMPTY, erased) is None
    assert fault(head_of(erased), second(line)) is None


def test_an_epoch_begins_at_seq_1_after_64_zeros() -> None:
    old = second(first())
    line = sealed(Head(2, 0, GENESIS), **{**fields_of(old), "type": "epoch.started"})  # type: ignore[arg-type]
    assert fault(head_of(old), line) is None
    chained = replace(line, prev_hash=old.hash)
    assert fault(head_of(old), replace(chained, hash=header_hash(chained))) == "previous hash differs from the line before"


@given(st.datetimes(min_value=datetime(1970, 1, 1), max_value=datetime(2999, 1, 1)), st.integers(-12, 14))  # noqa: DTZ001 -- Hypothesis wants naive bounds
def test_instants_are_written_in_utc_with_milliseconds_and_read_back(local: datetime, hours: int) -> None:
    at = local.replace(microsecond=local.microsecond // 1000 * 1000, tzinfo=timezone(timedelta(hours=hours)))
    text = instant(at)
    assert len(text) == len("2026-03-02T03:15:00.120Z")
    assert text.endswith("Z")
    assert moment(text) == at
    assert moment(text).tzinfo == UTC


@given(st.text(st.characters(exclude_categories=["Cs"])), st.integers(0, 2**53 - 1))
def test_the_header_is_json_of_sorted_keys_without_spaces_in_any_script(text: str, number: int) -> None:
    line = replace(first(), actor=text, schema=number)
    written = header_bytes(line).decode()
    assert json.loads(written)["actor"] == text
    assert json.loads(written)["schema"] == number
    assert list(json.loads(written)) == sorted(json.loads(written))


def test_control_characters_are_escaped_as_rfc_8785_says() -> None:
    written = header_bytes(replace(first(), actor='\b\t\n\f\r"\\\x00\x1f\x7f/é\u2028')).decode()
    assert '"actor":"\\b\\t\\n\\f\\r\\"\\\\\\u0000\\u001f\x7f/é\u2028"' in written


def fields_of(line: Envelope) -> dict[str, object]:
    return {name: getattr(line, name) for name in ("centre", "id", "type", "at", "clock", "actor", "salt", "payload")}
