"""Whatever is answered instead of the truth delays and nothing else, while tickets are given.

Here all kinds come in turn, to whatever is asked next; with EDGE_EVERYTHING=1 (`tests/long.sh faults`) each comes alone to a push and a pull.
"""

import pytest

from tests.demo_process import wait_for
from tests.sampling import EVERYTHING
from tests.sync.conftest import Country
from tests.sync.meddler import Asked, Forward, Meddling, Said, first, honest
from tests.sync.nonsense import ONCE, PUSH_ONCE, truncated

ALONE = pytest.mark.skipif(not EVERYTHING, reason="the long run takes them one by one")
SLOW_S = 2.0  # a ticket is given while the link is busy with nonsense; generous, because test machines are busy too


def hurried(country: Country) -> bool:
    country.box.hurry()
    return True


def suffer(country: Country, meddling: Meddling, *calls: str) -> None:
    """Let it happen once to each of these calls while the hall works, and hold both sides to what was promised."""
    met: list[str] = []

    def meddle(asked: Asked, forward: Forward) -> Said | bytes | None:
        if asked.call in calls and asked.call not in met:
            met.append(asked.call)
            return meddling(asked, forward)
        return forward()

    country.meddler.meddling = meddle
    country.box.issue(2)
    wait_for(f"{calls} to be met", lambda: hurried(country) and set(met) == set(calls), 30)
    country.box.issue(1)
    country.hold()
    assert country.box.slowest_s < SLOW_S


def in_turn(country: Country, meddlings: list[Meddling], *calls: str) -> None:
    """Say one after the other, each once, to whichever of these calls comes next; then hold both sides to what was promised."""
    left = list(meddlings)

    def meddle(asked: Asked, forward: Forward) -> Said | bytes | None:
        return (left.pop(0) if left and asked.call in calls else honest)(asked, forward)

    country.meddler.meddling = meddle
    while left:
        before = len(left)
        country.box.issue(1)
        wait_for("the next nonsense to be said", lambda before=before: hurried(country) and len(left) < before, 30)  # type: ignore[misc]
    country.hold()
    assert country.box.slowest_s < SLOW_S


def test_every_kind_of_nonsense_in_turn_delays_and_loses_nothing(country: Country) -> None:
    in_turn(country, list(ONCE.values()), "push", "feed", "hello")


def test_no_false_acknowledgement_is_one(country: Country) -> None:
    in_turn(country, list(PUSH_ONCE.values()), "push")


@ALONE
@pytest.mark.parametrize("name", ONCE)
def test_nonsense_delays_and_loses_nothing(country: Country, name: str) -> None:
    suffer(country, ONCE[name], "push", "feed")


@ALONE
@pytest.mark.parametrize("name", PUSH_ONCE)
def test_a_false_acknowledgement_is_none(country: Country, name: str) -> None:
    suffer(country, PUSH_ONCE[name], "push")


def test_half_of_a_request_is_refused_by_its_digest(country: Country) -> None:
    suffer(country, truncated(country.meddler.forward), "push")


def test_a_request_that_comes_again_much_later_changes_nothing(country: Country) -> None:
    old = [asked for asked, _ in country.meddler.seen if asked.call == "push"]
    country.box.issue(1)
    country.hold()
    statuses = {country.meddler.forward(asked).status for asked in (old[0], old[-1])}
    assert statuses <= {200, 409}, statuses
    country.hold()


def test_an_answer_that_comes_after_a_newer_one_goes_back_nowhere(country: Country) -> None:
    late: list[Said] = []

    def keep(_: Asked, forward: Forward) -> None:
        late.append(forward())

    country.meddler.meddling = first(keep, of="push")
    country.box.issue(1)
    country.box.come_together()
    country.meddler.meddling = first(lambda _asked, _forward: late[0], of="push")
    country.box.issue(1)
    country.hold_tables()
