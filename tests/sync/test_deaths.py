"""Either side may die by SIGKILL at any named place: at most something is sent again, and nothing that was promised is lost."""

from collections.abc import Callable
from contextlib import suppress

import pytest

from tests.demo_process import wait_for
from tests.sync.conftest import Country
from tests.sync.ends import Gone
from tests.sync.meddler import first
from tests.sync.nonsense import error

PUSHED = ("write.begun", "commit.before", "commit.after", "sync.push.before", "sync.push.answered", "sync.push.kept", "sync.hello.answered")
PULLED = ("sync.feed.answered", "sync.apply", "sync.feed.applied")
SWAPPED = ("sync.snapshot.answered", "sync.swap", "sync.snapshot.applied")
SERVER = ("store.before", "store.after", "apply.middle", "reply.before")


def dies(country: Country, place: str, provoke: Callable[[], object]) -> None:
    """Start the centre so that it dies there, do what brings it there, and start it again."""
    country.box.stop()
    with suppress(Gone):
        country.box.start(place)
        provoke()
        wait_for(f"the death at {place}", lambda: country.box.ask("try_now") and False)
    country.box.wait_dead()
    country.box.start()
    country.hold()


@pytest.mark.parametrize("place", PUSHED)
def test_a_centre_that_dies_while_it_pushes_loses_nothing(country: Country, place: str) -> None:
    dies(country, place, country.box.issue)


@pytest.mark.parametrize("place", PULLED)
def test_a_centre_that_dies_while_it_pulls_applies_each_item_once(country: Country, place: str) -> None:
    code = country.sell(f"P-{place}")
    dies(country, place, country.box.issue)
    wait_for("the booking", lambda: code in bookings(country))
    country.hold_tables()


@pytest.mark.parametrize("place", SWAPPED)
def test_a_centre_that_dies_while_it_swaps_a_snapshot_takes_it_again(country: Country, place: str) -> None:
    code = country.sell(f"P-{place}")
    country.meddler.meddling = first(error(409, "cursor_ahead"), of="feed")
    dies(country, place, country.box.issue)
    wait_for("the booking", lambda: code in bookings(country))
    country.hold_tables()


@pytest.mark.parametrize("place", SERVER)
def test_a_server_that_dies_while_it_stores_or_applies_goes_on_where_it_was(country: Country, place: str) -> None:
    country.national.stop()
    country.national.start(NATIONAL_KILLS=place)
    country.box.issue(2)
    country.national.wait_killed(country.box.hurry)
    country.national.start()
    country.hold()


def test_a_server_that_is_stopped_and_started_is_found_again(country: Country) -> None:
    country.national.stop()
    country.box.issue(2)
    country.national.start()
    country.hold()


def bookings(country: Country) -> set[str]:
    """Return the codes of the centre's open bookings."""
    country.box.hurry()
    return {each["code"] for each in country.box.ask("bookings")["bookings"]}
