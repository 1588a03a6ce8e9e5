"""The counters of one slot on the national side."""

import random

import pytest

from edge.sync.reference import escrow
from edge.sync.reference.escrow import Rights, Slot, Spent, Split


def test_the_national_side_sells_only_what_no_epoch_holds() -> None:
    slot = escrow.grant(Slot(capacity=6), 1, 4)
    slot = escrow.sell(escrow.sell(slot))
    assert slot.left == 0
    with pytest.raises(Spent):
        escrow.sell(slot)


def test_a_grant_beyond_what_is_left_is_refused() -> None:
    slot = escrow.sell(Slot(capacity=2))
    with pytest.raises(Spent):
        escrow.grant(slot, 1, 2)
    assert escrow.grant(slot, 1, 1).left == 0


def test_a_returned_unit_is_sold_again_and_an_older_return_takes_nothing_back() -> None:
    slot = escrow.seen(escrow.grant(Slot(capacity=2), 1, 2), 1, granted=2, returned=1)
    assert slot.left == 1
    assert escrow.seen(slot, 1, granted=1, returned=0) == slot


def test_the_rights_of_an_older_epoch_stay_frozen_until_an_operator_confirms() -> None:
    slot = escrow.edge_sold(escrow.grant(Slot(capacity=6), 1, 4), 1)
    slot = escrow.grant(slot, 2, 2)
    assert slot.left == 0
    assert escrow.end(slot, 1).left == 3


def test_what_the_edge_sold_before_there_was_a_national_server_is_covered_by_its_first_grant() -> None:
    slot = escrow.edge_sold(escrow.edge_sold(Slot(capacity=6), 1), 1)
    total = escrow.wanted(slot, 1, Split(share_permille=500))
    granted = escrow.grant(slot, 1, total)
    assert (total, granted.left, granted.rights[1].left) == (4, 2, 2)


def test_an_edge_that_sold_more_than_the_capacity_is_covered_and_the_national_side_stops() -> None:
    slot = escrow.edge_sold(escrow.edge_sold(Slot(capacity=1), 1), 1)
    granted = escrow.grant(slot, 1, escrow.wanted(slot, 1, Split()))
    assert (granted.rights[1].granted, granted.left) == (2, -1)


def test_nearly_spent_rights_are_topped_up_and_plenty_is_left_alone() -> None:
    slot = escrow.grant(Slot(capacity=10), 1, 3)
    assert escrow.wanted(slot, 1, Split()) == 3
    assert escrow.wanted(escrow.edge_sold(slot, 1), 1, Split()) == 7


def test_what_an_edge_returned_is_not_given_back_to_it_while_it_has_any() -> None:
    slot = escrow.seen(escrow.grant(Slot(capacity=10), 1, 4), 1, returned=3)
    assert escrow.wanted(slot, 1, Split()) == 4
    assert escrow.wanted(escrow.edge_sold(slot, 1), 1, Split()) == 9


def test_no_order_of_sales_grants_and_returns_oversells() -> None:
    for seed in range(300):
        chance = random.Random(seed)
        slot, epoch = Slot(capacity=chance.randint(1, 9)), 1
        for _ in range(60):
            slot, epoch = _step(chance, slot, epoch)
            assert escrow.conserved(slot), f"seed {seed}: {slot}"
            assert slot.left >= 0, f"seed {seed}: {slot}"


def _step(chance: random.Random, slot: Slot, epoch: int) -> tuple[Slot, int]:  # noqa: PLR0911 -- one line a step: a table
    rights = slot.rights.get(epoch, Rights())
    match chance.randrange(7):
        case 0 if slot.left > 0:
            return escrow.sell(slot), epoch
        case 1 if slot.released < slot.sold:
            return escrow.release(slot), epoch
        case 2:
            return escrow.grant(slot, epoch, escrow.wanted(slot, epoch, Split())), epoch
        case 3 if rights.left > 0:
            return escrow.edge_sold(slot, epoch), epoch
        case 4 if rights.released < rights.sold:
            return escrow.edge_released(slot, epoch), epoch
        case 5 if rights.left > 0:
            return escrow.seen(slot, epoch, returned=rights.returned + 1), epoch
        case 6 if chance.random() < 0.1:
            return slot, epoch + 1
        case _:
            return slot, epoch
