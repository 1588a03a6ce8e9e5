"""Whether there is still time today: what is counted, what is kept, and who is let go before closing."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from edge.errors import Refused
from edge.queueing import commands as c
from edge.queueing import cutoff, due
from edge.queueing import events as e
from edge.queueing.cutoff import Promise
from edge.queueing.learned import Flow, Learned
from edge.queueing.offer import offers
from tests.queueing import centre
from tests.queueing.scene import OFFSET, WALL, Scene, replayed
from tests.queueing.test_estimate import hall_of

ON = {"cut_off": True, "z_permille": 1640, "tail_min": None, "release_min": 20}
EXACT = {"cut_off": True, "z_permille": 0, "tail_min": 0, "release_min": 20}


def office(number: int, rule: dict[str, Any], *, minutes: int = 10, **more: Any) -> Scene:
    scene = hall_of(number, minutes=minutes, hours=centre.OFFICE, **more)
    scene.change("promises", rule)
    return scene


def promised(scene: Scene, code: str = "passport", category: str | None = None) -> Promise | None:
    return cutoff.promise(scene.hall, code, scene.tick, category)


def issued(scene: Scene) -> list[str]:
    """Issue until the day is full; return what each ticket was promised."""
    words = []
    while promised(scene) is not Promise.NONE:
        words.append(scene.ticket(scene.issue()).promise or "nothing")
    return words


def test_without_a_cut_off_nothing_is_promised() -> None:
    scene = hall_of(1, hours=centre.OFFICE)
    assert promised(scene) is None
    assert scene.ticket(scene.issue()).promise is None


def test_as_many_fit_as_the_desks_have_time_for() -> None:
    assert len(issued(office(2, EXACT, minutes=9))) == 2 * 9 * 3600 // 570


def test_the_lunch_of_the_hall_and_of_a_desk_is_no_time() -> None:
    lunch = [["12:30", "13:30"]]
    assert len(issued(office(2, EXACT, minutes=9, lunch=lunch))) == 2 * 8 * 3600 // 570
    scene = office(2, EXACT, minutes=9)
    own, other = scene.hall.policy.desks.values()
    value = [centre.desk("1", sorted(own.services)), {**centre.desk("2", sorted(other.services)), "lunch": lunch}]
    scene.change("desks", value)
    assert len(issued(scene)) == (9 + 8) * 3600 // 570


def test_first_they_are_guaranteed_then_standby_then_none_and_the_refusal_says_cut_off() -> None:
    scene = office(2, ON)
    words = issued(scene)
    assert words == sorted(words, key=["guaranteed", "standby"].index)
    assert (words.count("guaranteed") > 60, words.count("standby") > 5) == (True, True)
    with pytest.raises(Refused, match="the day is full") as refused:
        scene.issue()
    assert refused.value.reason == "cut-off"
    assert [(offer.why, offer.promise, offer.range) for offer in [offers(scene.hall, scene.tick)("passport")]] == [("cut-off", "none", None)]
    assert replayed(scene.facts) == scene.hall


def test_places_come_back_when_time_does() -> None:
    scene = office(1, EXACT, minutes=10)
    issued(scene)
    scene.next()
    scene.wait(60)
    scene.do(c.MarkNoShow("1"))
    assert promised(scene) is Promise.GUARANTEED


def test_who_booked_has_a_seat_kept_and_is_guaranteed_one_on_a_full_day() -> None:
    scene = office(2, EXACT)
    issued(scene)
    ticket = scene.ticket(scene.issue(appointment=scene.tick + 300))
    assert ticket.promise == "guaranteed"


def test_time_is_kept_for_who_usually_comes_with_a_right_and_they_may_use_it() -> None:
    scene = office(2, EXACT)
    plain = len(issued(scene))
    kept = office(2, EXACT)
    flow = Flow("passport", "veteran", 5, (0,) * 9 + (2_000,) * 9 + (0,) * 6)
    kept.hall = replace(kept.hall, learned=Learned().taught(flow))
    assert plain - len(issued(kept)) in range(14, 20)  # of 18
    assert promised(kept, category="veteran") is Promise.GUARANTEED
    assert promised(kept, category="foreign") is Promise.NONE  # counts after its proof: nobody knows yet


def test_a_desk_of_few_services_takes_them_before_those_that_serve_all() -> None:
    scene = office(2, EXACT, minutes=9)
    scene.change("desks", [centre.desk("1", ["passport"]), centre.desk("2", ["passport", "birth"])])
    for _ in range(56):  # a day of desk 1
        scene.issue("passport")
    assert promised(scene, "birth") is Promise.GUARANTEED
    for _ in range(40):
        scene.issue("birth")
    assert (promised(scene, "birth"), promised(scene, "passport")) == (Promise.GUARANTEED, Promise.GUARANTEED)
    assert len(issued(scene)) == 17
    assert (promised(scene, "birth"), promised(scene, "passport")) == (Promise.NONE, Promise.NONE)


def test_a_desk_counts_from_the_roster_in_the_first_half_hour_and_then_only_if_it_works() -> None:
    scene = office(2, EXACT)
    scene.do(c.Close("2"))
    scene.hall = replace(scene.hall, desks={**scene.hall.desks, "2": replace(scene.hall.desks["2"], free_since=0)})
    both = len(issued(scene))
    late = office(2, EXACT)
    late.do(c.Close("2"))
    late.wait(1900)
    assert len(issued(late)) < both * 0.55


def test_with_no_desk_at_work_nobody_is_sent_away_and_nothing_is_guaranteed() -> None:
    scene = office(1, ON)
    scene.wait(2000)
    scene.do(c.Close("1"))
    assert promised(scene) is Promise.STANDBY


def settled(scene: Scene) -> list[str]:
    """What is due now lets go of."""
    released = [ticket.number for ticket in cutoff.to_release(scene.hall, scene.tick)]
    for ticket in cutoff.to_release(scene.hall, scene.tick):
        scene.do(c.Withdraw(ticket.id, cutoff.RELEASED))
    return released


def standby_hall() -> tuple[Scene, list[str]]:
    scene = office(1, ON)
    while len([each for each in scene.hall.waiting() if each.promise == "standby"]) < 3:
        scene.issue()
    return scene, [each.number for each in scene.hall.waiting() if each.promise == "standby"]


def test_a_standby_ticket_waits_in_the_order_of_the_rule_and_is_let_go_before_closing() -> None:
    scene, standby = standby_hall()
    scene.at(9 * 3600 - 20 * 60 - 1)
    assert settled(scene) == []
    scene.wait(1)
    assert settled(scene) == standby
    assert all(each.promise == "guaranteed" for each in scene.hall.waiting())


def test_a_standby_ticket_is_kept_while_somebody_with_a_guarantee_waits_behind_it() -> None:
    scene, standby = standby_hall()
    last = scene.ticket(scene.issue())
    scene.hall = replace(scene.hall, tickets={**scene.hall.tickets, last.id: replace(last, promise="guaranteed")})
    scene.at(9 * 3600 - 60)
    assert (standby, settled(scene)) == (standby, [])


def test_nothing_is_counted_while_nobody_knows_the_time() -> None:
    scene = office(1, ON)
    day = scene.hall.day
    assert day
    scene.hall = replace(scene.hall, day=replace(day, timed=False))
    assert promised(scene) is None


def test_what_is_due_lets_standby_tickets_go() -> None:
    scene, standby = standby_hall()
    scene.at(9 * 3600 - 60)
    turn = scene._turn()
    at = WALL + timedelta(seconds=scene.tick)
    due.settle(turn, due.Reading(at, trusted=True, dated=True, lost_at=None, offset_of=lambda _: OFFSET))
    gone = [fact.event for fact in turn.facts if isinstance(fact.event, e.TicketCancelled)]
    assert ([scene.ticket(event.ticket).number for event in gone], {event.reason for event in gone}) == (standby, {"standby"})
