"""What the paragraph on the wall claims, against the rule itself: the same points, the same count of calls, and nothing that does not hold."""

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge.queueing.ordering import score, standings
from edge.queueing.policy import Category, Ordering, Policy, Standing, with_setting
from edge.queueing.ticket import Booked, Ticket, TicketState
from edge.queueing.wall import Rate, wall
from tests.queueing import centre
from tests.queueing.scene import Scene

AT = datetime(2026, 3, 2, tzinfo=UTC)
PLAIN = Ticket(
    id="t", number="A001", day="2026-03-02", order=1, service="a", category=None, lang="ky", via="k", state=TicketState.WAITING, arrival=0, base=0,
    issued_at=AT, state_at=AT, last_event="e",
)  # fmt: skip
KINDS: dict[str, dict[str, Any]] = {"late": {"booked": Booked.LATE}, "transfer": {"transferred": True}, "returned": {"returned": True}}

weights = st.sampled_from((0, 333, 500, 1000, 1500, 2000, 3000))
heads = st.sampled_from((0, 1, 60, 100, 600, 1200))


@st.composite
def policies(draw: st.DrawFn) -> Policy:
    def standing(name: str) -> Standing:
        return Standing(name, draw(weights), draw(heads))

    ordering = Ordering(
        ordinary=standing("order"),
        late_booking=standing("late"),
        returned=standing("returned"),
        transfer=standing("transfer"),
        booked=standing("booked"),
    )
    categories = {code: Category(standing("category"), draw(st.booleans()), centre.named(code), {}) for code in ("veteran", "disabled", "foreign")}
    return Policy(ordering=ordering, categories=categories)


def points(policy: Policy, ticket: Ticket, minutes: int) -> int:
    """Sixtieths of a point after so many minutes, by the rule."""
    return score(standings(policy)(ticket), 0, minutes * 60)


def claimed(rate: Rate, minutes: int) -> int:
    return rate.head + rate.weight * minutes * 60 // 1000


@given(policies(), st.integers(0, 600))
def test_the_points_on_the_wall_are_those_of_the_rule(policy: Policy, minutes: int) -> None:
    said = wall(policy)
    of_rights = {names["en"]: right.rate for right in said.rights for names in right.names}
    of_others = {kind: rate for rate, kinds in said.others for kind in kinds}
    assert points(policy, PLAIN, minutes) == claimed(said.ordinary, minutes)
    assert points(policy, replace(PLAIN, booked=Booked.ON_TIME), minutes) == claimed(said.booked or said.ordinary, minutes)
    for kind, what in KINDS.items():
        assert points(policy, replace(PLAIN, **what), minutes) == claimed(of_others.get(kind, said.ordinary), minutes), kind
    for code, category in policy.categories.items():
        proven = replace(PLAIN, category=code, confirmed=True)
        assert points(policy, proven, minutes) == claimed(of_rights.get(f"{code} en", said.ordinary), minutes), code
        unseen = points(policy, replace(PLAIN, category=code), minutes)
        waits_for_proof = category.names in said.after_proof
        assert unseen == (points(policy, PLAIN, minutes) if waits_for_proof else points(policy, proven, minutes)), code


@given(policies())
def test_nothing_is_called_a_right_that_is_none(policy: Policy) -> None:
    said = wall(policy)
    ordinary = policy.ordering.ordinary
    kinds = [replace(PLAIN, booked=Booked.ON_TIME), *(replace(PLAIN, **what) for what in KINDS.values())]
    kinds += [replace(PLAIN, category=code, confirmed=True) for code in policy.categories]
    beyond = [ticket for ticket in kinds if standings(policy)(ticket) is not ordinary]
    mentioned = (said.booked is not None) + sum(len(kinds) for _, kinds in said.others) + sum(len(right.names) for right in said.rights)
    assert mentioned == len(beyond)
    assert (said.cap is None) == (not beyond)


@pytest.mark.parametrize("cap", [1, 2, 3, 5])
def test_after_as_many_calls_as_the_wall_says_an_ordinary_visitor_is_called(cap: int) -> None:
    scene = Scene({**centre.settings(), "ordering": {**centre.ORDERING, "cap": cap}})
    waited_longest = scene.issue("passport")
    scene.issue("passport")
    for _ in range(cap + 1):
        scene.issue("passport", category="veteran")
    scene.wait(60)
    calls = [scene.next("1") for _ in range(cap + 1)]
    assert wall(scene.hall.policy).cap == cap
    assert [call and call[0] == waited_longest for call in calls] == [False] * cap + [True]


def test_the_version_changes_with_what_is_said_and_with_nothing_else() -> None:
    policy = Scene().hall.policy
    version = wall(policy).version
    others = [
        ("ordering", {**centre.ORDERING, "cap": 4}),
        ("ordering", {**centre.ORDERING, "weights": centre.weights(booked=(2000, 1260))}),
        ("categories", centre.CATEGORIES[:2]),
        ("categories", [*centre.CATEGORIES[:2], centre.category("guest")]),
        ("desks", [*centre.DESKS[:3], centre.desk("4", ["passport"], reserved=["veteran"], overflow_after=90)]),
    ]
    versions = [wall(with_setting(policy, *change)).version for change in others]
    assert len({version, *versions}) == len(others) + 1
    for key, value in (("desks", centre.DESKS[:-1]), ("services", centre.SERVICES[:3]), ("wall", {"version": version})):
        assert wall(with_setting(policy, key, value)).version == version, key


def test_desks_that_take_some_rights_first_are_named_together_where_they_do_the_same() -> None:
    both = [centre.desk(name, ["passport"], reserved=["veteran", "foreign"], overflow_after=60) for name in ("1", "2")]
    policy = with_setting(Scene().hall.policy, "desks", [*both, centre.desk("3", ["birth"], reserved=["veteran"])])
    first = wall(policy).first
    assert [(each.desks, [names["en"] for names in each.names], each.overflow_after) for each in first] == [
        (("1", "2"), ["veteran en", "foreign en"], 60),
        (("3",), ["veteran en"], 0),
    ]


def test_points_without_a_finite_decimal_are_flagged() -> None:
    policy = Scene().hall.policy
    for head, rounded in ((600, False), (3, False), (100, True)):
        assert wall(with_setting(policy, "categories", [centre.category("veteran", head=head)])).is_rounded is rounded
