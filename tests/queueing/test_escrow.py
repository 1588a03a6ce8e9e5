"""The centre's side of the escrow as pure rules: counters, what an item of the feed may say, and that nonsense is never more than seen."""

from dataclasses import fields
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from edge.queueing import commands as c
from edge.queueing import escrow
from edge.queueing import events as e
from edge.queueing.escrow import Rights
from edge.queueing.national import KINDS, OVERLAID, says_of
from tests.queueing.scene import Scene, replayed

SLOT = "address@2026-03-02T05:00:00.000Z"
counts = st.integers(0, 20)
odd = st.none() | st.booleans() | st.integers(-5, 2**60) | st.text(max_size=8) | st.sampled_from(
    [SLOT, "address", "mixed", "confirmed", "cancel", "reschedule", "operator", "2026-03-03", "9999-12-31T23:59:59.000Z", "0001-01-01T00:00:00+14:00",
        "address@9999-12-31T23:59:59.000Z", ["09:00", "17:00"], [["09:00", "17:00"]], {"ru": "x"}, b"".hex()]
)  # fmt: skip
KEYS = (
    "booking code service slot start minutes person lang state wish wanted epoch capacity granted open mode from to names"
    " day hours closed why login role active text"
)
payloads = odd | st.dictionaries(st.sampled_from(KEYS.split()), odd, max_size=12)


@given(granted=counts, returned=counts, sales=counts, wanted=counts)
def test_a_centre_that_asks_before_it_sells_and_returns_never_has_less_than_nothing(granted: int, returned: int, sales: int, wanted: int) -> None:
    rights = escrow.granted(Rights(), granted)
    for _ in range(sales):
        if escrow.own_left(rights) > 0:
            rights = escrow.sold(rights)
    rights = escrow.returned(rights, escrow.returnable(rights, wanted))
    assert escrow.conserved(rights)
    assert escrow.conserved(escrow.returned(rights, escrow.returnable(rights, returned)))
    assert rights.granted - rights.returned == rights.sold - rights.released + escrow.own_left(rights)


@given(first=counts, second=counts)
def test_counters_only_grow_whatever_order_words_come_in(first: int, second: int) -> None:
    for tell in (escrow.granted, escrow.returned):
        assert tell(tell(Rights(), first), second) == tell(tell(Rights(), second), first) == tell(Rights(), max(first, second))
    assert not escrow.conserved(Rights(granted=1, sold=2))
    assert {field.name for field in fields(Rights)} == {"granted", "returned", "sold", "released"}


@settings(max_examples=300)
@given(kind=st.sampled_from([*sorted(KINDS), "weather"]), payload=payloads)
def test_what_cannot_be_read_is_named_and_nothing_else_is_raised(kind: str, payload: Any) -> None:
    try:
        assert (says_of(kind, payload) is None) == (kind not in KINDS)
    except ValueError as error:
        assert str(error)  # noqa: PT017 -- any payload is tried, most are wrong


@settings(max_examples=60)
@given(items=st.lists(st.tuples(st.sampled_from([*sorted(KINDS), "weather"]), st.sampled_from(["put", "put", "delete"]), payloads), max_size=8))
def test_whatever_the_feed_brings_is_journalled_once_and_replays_to_the_same_hall(items: list[tuple[str, str, Any]]) -> None:
    scene = Scene()
    scene.change("national", {"bound": True})
    for version, (kind, op, payload) in enumerate(items, 1):
        before = len(scene.facts)
        scene.do(c.TakeItem(kind, f"k{version % 3}", version, op, payload, "edge", pseudonym="p1"))
        told = [fact for fact in scene.facts[before:] if fact.actor == "national"]
        versions = [getattr(fact.event, "version", None) for fact in told]
        assert version in versions, f"{kind} {payload}"
        assert {event.kind for event in (fact.event for fact in told) if isinstance(event, e.NationalApplied)} <= {kind}
    assert replayed(scene.facts) == scene.hall
    assert all(item.partition(":")[0] in OVERLAID for item in scene.hall.policy.national.said)
