"""`choose` against the slow reference, on halls that no day would ever bring together."""

from dataclasses import replace
from datetime import UTC, datetime

from hypothesis import given
from hypothesis import strategies as st

from edge.queueing.desk import Desk
from edge.queueing.ordering import choose, placed
from edge.queueing.policy import DeskPlan, Policy, with_setting
from edge.queueing.ticket import Booked, Ticket, TicketState
from tests.queueing import centre
from tests.queueing.reference import Post, Rules, Visit, arrived, call

AT = datetime(2026, 3, 2, tzinfo=UTC)
SERVICES = ("a", "b")
CATEGORIES = ("veteran", "disabled", "foreign")
Pair = tuple[Ticket, Visit]

weights = st.tuples(st.integers(0, 3) | st.just(2), st.sampled_from((0, 30))).map(lambda pair: (pair[0] * 500, pair[1]))
near = st.integers(0, 120)


@st.composite
def rules(draw: st.DrawFn) -> Rules:
    given_weights = {name: draw(weights) for name in ("late", "returned", "transfer", "booked")} | {"ordinary": (1000, 0)}
    categories = {code: (*draw(weights), draw(st.booleans())) for code in CATEGORIES}
    return Rules(cap=draw(st.integers(1, 3)), early=30, on_time=20, late=60, returned_after=60, weights=given_weights, categories=categories)


def policy_of(of: Rules) -> Policy:
    plain = {"cap": of.cap, "early": of.early, "on_time": of.on_time, "late": of.late, "returned_after": of.returned_after}
    policy = with_setting(Policy(), "ordering", {**plain, "weights": centre.weights(**of.weights)})
    entries = [centre.category(code, weight=w, head=h, proof_first=first) for code, (w, h, first) in of.categories.items()]
    return with_setting(policy, "categories", entries)


@st.composite
def pairs(draw: st.DrawFn, of: Rules, order: int) -> Pair:
    """One waiting ticket, as the server and as the reference know it."""
    arrival, appointment = draw(near), draw(st.none() | near)
    opens = draw(st.none() | near) if appointment is None else None
    visit = Visit(f"t{order}", order, draw(st.sampled_from(SERVICES)), 0)
    arrived(visit, arrival, opens, appointment, of)
    base, booked, ready_at = placed(arrival, opens, appointment, policy_of(of))
    visit.category, visit.confirmed = draw(st.none() | st.sampled_from(CATEGORIES)), draw(st.sampled_from((None, None, True, False)))
    visit.is_transferred, visit.is_returned = draw(st.booleans()), draw(st.booleans())
    visit.alone = draw(st.sampled_from((None, None, "1", "2")))
    if visit.is_returned:
        ready_at = visit.not_before = draw(st.integers(0, 160))
        visit.slot_from = None
    elif visit.is_transferred:
        ready_at, visit.slot_from = 0, None
    ticket = Ticket(
        id=visit.ticket, number=f"A{order:03}", day="2026-03-02", order=order, service=visit.service, category=visit.category, lang="ky",
        via="k", state=TicketState.WAITING, arrival=arrival, base=base, issued_at=AT, state_at=AT, last_event="e", confirmed=visit.confirmed,
        booked=booked, returned=visit.is_returned, transferred=visit.is_transferred, ready_at=ready_at, to_desk=visit.alone,
    )  # fmt: skip
    return ticket, visit


@given(st.data())
def test_the_rule_chooses_whom_the_words_of_the_contract_choose(data: st.DataObject) -> None:
    of = data.draw(rules(), label="rules")
    found = [data.draw(pairs(of, order), label="ticket") for order in range(1, 1 + data.draw(st.integers(0, 7)))]
    tick = data.draw(st.integers(0, 160), label="tick")
    reserved = data.draw(st.sampled_from((frozenset[str](), frozenset(("veteran", "foreign")))))
    served = data.draw(st.sampled_from((frozenset("a"), frozenset("ab"))))
    desk = Desk("1", run=data.draw(st.integers(0, 4)), free_since=data.draw(near))
    plan = DeskPlan("1", "a", served, reserved, overflow_after=data.draw(st.sampled_from((0, 40))), guard_ms=0)
    post = Post("1", served, reserved, plan.overflow_after, desk.run, desk.free_since)
    shuffled = data.draw(st.permutations(found))

    choice = choose([ticket for ticket, _ in shuffled], desk, plan, policy_of(of), tick)
    verdict = call([visit for _, visit in found], post, of, tick)

    if choice is None or verdict is None:
        assert (choice, verdict) == (None, None)
        return
    assert (choice.ticket.id, choice.scores, choice.run_after) == (verdict.ticket, verdict.scores, verdict.run_after)
    assert choice.why in verdict.whys


@given(near, near, st.none() | near)
def test_an_arrival_is_placed_as_the_contract_says(arrival: int, opens: int, appointment: int | None) -> None:
    of = Rules(on_time=20, late=60, early=30)
    visit = Visit("t", 1, "a", 0)
    arrived(visit, arrival, opens if appointment is None else None, appointment, of)
    base, booked, ready_at = placed(arrival, opens if appointment is None else None, appointment, policy_of(replace(of)))
    assert (base, booked is Booked.ON_TIME, booked is Booked.LATE) == (visit.base, visit.booked is not None, visit.is_late)
    assert ready_at == max(0, visit.slot_from or 0)
