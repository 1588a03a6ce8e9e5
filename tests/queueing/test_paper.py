"""The emergency block: slips printed beforehand, keyed in afterwards."""

import pytest

from edge.errors import ConfigError, Refused, Unknown
from edge.queueing import commands as c
from edge.queueing import events as e
from tests.queueing import centre
from tests.queueing.scene import Scene, replayed


def printed(*, count: int = 200) -> Scene:
    at = Scene()
    at.do(c.PrintBlock(count))
    return at


def slips(at: Scene, *given: tuple[str, ...], began: int = 0) -> list[str]:
    """Key in (number, service, category) and return the ids of the tickets."""
    ids = [f"p-{number}" for number, *_ in given]
    at.do(c.KeyIn(tuple(c.Slip(id_, *slip) for id_, slip in zip(ids, given, strict=True)), began, "ky"))
    return ids


def test_slips_have_a_letter_that_no_service_has_and_no_number_twice() -> None:
    at = printed()
    at.do(c.PrintBlock(300))
    blocks = [fact.event for fact in at.facts if isinstance(fact.event, e.BlockPrinted)]
    assert [(block.letter, block.first, block.last) for block in blocks] == [("Z", 1, 200), ("Z", 201, 500)]
    assert at.hall.blocks == {"Z": 500}
    assert replayed(at.facts) == at.hall


def test_the_settings_name_the_letter_and_a_restored_box_puts_its_prefix_before_it() -> None:
    at = Scene()
    at.change("visits", {"block_letter": "P"})
    at.do(c.PrintBlock(10))
    at.change("restored", {"at": "2026-03-02T00:00:00.000Z", "prefix": "R"})
    at.do(c.PrintBlock(10))
    assert at.hall.blocks == {"P": 10, "RP": 10}


def test_a_letter_whose_numbers_are_used_up_is_followed_by_the_next_free_one() -> None:
    at = Scene()
    for count in (*[1000] * 9, 999, 1):
        at.do(c.PrintBlock(count))
    assert at.hall.blocks == {"Z": 9999, "Y": 1}


@pytest.mark.parametrize("count", [0, 1001])
def test_a_block_has_one_to_a_thousand_slips(count: int) -> None:
    with pytest.raises(Refused, match="1 to 1000"):
        printed(count=count)


def test_no_service_may_take_the_letter_of_printed_slips() -> None:
    at = printed()
    with pytest.raises(ConfigError, match="letter Z stands on emergency slips"):
        at.change("services", [*centre.SERVICES, centre.service("new", "Z")])
    with pytest.raises(ConfigError, match="service passport has letter A"):
        at.change("visits", {"block_letter": "A"})


def test_slips_wait_in_the_order_of_the_paper_behind_who_came_before_and_before_who_came_after() -> None:
    at = printed()
    before = at.issue()
    at.at(600)
    after = at.issue()
    at.at(700)
    third, first = slips(at, ("Z003", "passport"), ("Z001", "passport"), began=300)
    assert [at.next("1") for _ in range(4)] == [(each, "order") for each in (before, first, third, after)]
    assert replayed(at.facts) == at.hall


def test_a_slip_is_marked_inaccurate_and_says_nothing_of_its_times() -> None:
    at = printed()
    at.at(700)
    (ticket,) = slips(at, ("Z001", "passport"), began=-50)
    seen = at.ticket(ticket)
    assert (seen.inaccurate, seen.via, seen.arrival, seen.base, seen.number) == (True, "paper", 0, 0, "Z001")
    at.next("1")
    at.do(c.Finish("1"))
    (end,) = [fact.event for fact in at.facts if isinstance(fact.event, e.TicketFinished)]
    assert (end.waited, end.total) == (None, None)


def test_a_category_on_a_slip_counts_as_one_declared_at_a_kiosk() -> None:
    at = printed()
    at.issue()
    at.at(60)
    (ticket,) = slips(at, ("Z001", "passport", "veteran"), began=60)
    assert at.next("1") == (ticket, "category")


@pytest.mark.parametrize("numbers", [["Z001", "Z001"], ["Z201"], ["Z000"], ["A001"], ["Z1"], ["Z0001"], [""]])
def test_a_slip_twice_or_one_that_was_never_printed_is_refused_and_nothing_is_keyed_in(numbers: list[str]) -> None:
    at = printed()
    with pytest.raises(Refused):
        slips(at, ("Z002", "passport"), *((number, "passport") for number in numbers))
    assert at.hall.tickets == {}


def test_a_slip_that_is_keyed_in_is_refused_the_next_time() -> None:
    at = printed()
    slips(at, ("Z001", "passport"))
    with pytest.raises(Refused, match="twice"):
        slips(at, ("Z001", "birth"))


def test_a_time_to_come_an_unknown_service_and_an_unknown_category_are_refused() -> None:
    at = printed()
    with pytest.raises(Refused, match="still to come"):
        slips(at, ("Z001", "passport"), began=1)
    with pytest.raises(Unknown, match="nothing"):
        slips(at, ("Z001", "nothing"))
    with pytest.raises(Unknown, match="count"):
        slips(at, ("Z001", "passport", "count"))


def test_a_slip_may_be_keyed_in_while_the_hall_gives_no_tickets() -> None:
    at = Scene(centre.settings(hours={"mon": [["09:00", "09:30"]]}))
    at.do(c.PrintBlock(5))
    at.at(3600)
    with pytest.raises(Refused):
        at.issue()
    assert slips(at, ("Z001", "visa"), began=600)
