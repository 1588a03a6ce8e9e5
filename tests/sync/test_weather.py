"""The link in every weather: whenever a batch gets through there is progress, and while none does nothing spins. The long run takes its time."""

import threading
import time

import pytest

from tests.demo_process import wait_for
from tests.sampling import EVERYTHING
from tests.sync.conftest import Country
from tests.sync.proxy import CUT, DEAF, MUTE, REFUSED, Weather, stalling

SLOW_B = 20 if EVERYTHING else 3_000  # bytes a second; at 1 no answer comes within the longest time that is waited for one, see HARDLY
FLAP_S = 5.0 if EVERYTHING else 0.5
DARK_S = 60.0 if EVERYTHING else 2.0
HARDLY = Weather(up=1, down=1)
WAKE_UPS = 6 + DARK_S / 2  # full jitter: on average far less


@pytest.mark.timeout(1600)
def test_a_line_that_is_hardly_one_gets_everything_through(country: Country) -> None:
    country.link.weather = Weather(up=SLOW_B, down=SLOW_B)
    country.box.issue(5)
    country.box.come_together(1500 if EVERYTHING else 60, hurried=False)  # an attempt at once is a greeting more, which takes its minute
    country.hold()


def test_a_line_that_loses_nine_of_ten_gets_everything_through(country: Country) -> None:
    country.link.weather = stalling(900)
    country.box.issue(5)
    country.box.come_together()
    country.hold()


@pytest.mark.timeout(300)
@pytest.mark.parametrize("weather", [CUT, DEAF, MUTE, REFUSED, HARDLY], ids=["cut", "deaf", "mute", "refused", "a byte a second"])
def test_while_nothing_gets_through_the_hall_works_and_nothing_spins(country: Country, weather: Weather) -> None:
    before, stored = country.link.counts.connections, len(country.national.lines())
    country.link.weather = weather
    country.box.issue(3)
    ends = time.monotonic() + DARK_S
    while time.monotonic() < ends:
        country.box.issue()
        threading.Event().wait(0.2)  # a quiet hall
    assert country.link.counts.connections - before <= WAKE_UPS
    if weather == DEAF:
        assert len(country.national.lines()) >= stored  # what was stored is sent again and stored once
    country.hold()


def test_a_line_that_is_reset_again_and_again_gets_everything_through(country: Country) -> None:
    done = threading.Event()

    def reset() -> None:
        while not done.wait(0.3):
            country.link.reset()

    thread = threading.Thread(target=reset)
    thread.start()
    try:
        country.box.issue(5)
        country.box.come_together()
    finally:
        done.set()
        thread.join()
    country.hold()


@pytest.mark.timeout(300)
def test_a_flapping_line_gets_on_whenever_it_is_up(country: Country) -> None:
    with country.link.flapping(FLAP_S):
        country.box.issue(5)
        country.box.come_together(120)
    country.hold()


def test_a_name_that_nobody_knows_is_said_and_is_no_end(country: Country) -> None:
    country.box.stop()
    country.box.lead_to("http://national.invalid:8090", country.given["token"], country.given["person_key"])
    country.box.start().issue(2)
    wait_for("the link to say so", lambda: country.box.ask("state")["why"] == "unreachable", 30)
    country.box.stop()
    country.box.lead_to(country.link.url, country.given["token"], country.given["person_key"])
    country.box.start()
    country.hold_tables()
