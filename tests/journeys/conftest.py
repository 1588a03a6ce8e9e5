"""One demo centre for all journeys that leave it standing, and the contract sniffer that listens to every one of them.

What a journey does to the hall is gone when the next one asks for ``hall``; what kills or fills a centre takes its own from `centre`.
"""

from collections.abc import Iterator

import pytest

from tests.demo_process import Demo
from tests.journeys.hall import Button, Hall
from tests.journeys.mqtt_client import Stream
from tests.journeys.sniffer import deviations, sniff


@pytest.fixture(scope="session")
def journey_demo(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Demo]:
    """The demo that most journeys share."""
    with Demo(tmp_path_factory.mktemp("journeys")) as demo:
        yield demo


@pytest.fixture(scope="session")
def shared(journey_demo: Demo) -> Hall:
    """The shared centre as its integrators see it."""
    return Hall(journey_demo.described)


@pytest.fixture(scope="session")
def everything(shared: Hall) -> Iterator[Stream]:
    """All of `q/v1/` from before the first journey to after the last; judged as a whole at the end."""
    with sniff(shared.monitor) as stream:
        yield stream
        assert deviations(stream.messages) == []


@pytest.fixture
def sniffer(everything: Stream) -> Iterator[Stream]:
    """All of `q/v1/`; what came during this test must be as the contract says."""
    mark = everything.mark()
    yield everything
    assert deviations(everything.since(mark)) == []


@pytest.fixture
def hall(shared: Hall, sniffer: Stream) -> Hall:
    """The shared centre with every desk open and nobody in it; the sniffer judges what the test makes it say."""
    del sniffer
    shared.clear()
    return shared


@pytest.fixture(scope="module")
def button(shared: Hall) -> Iterator[Button]:
    """The button of desk 1, listening."""
    with Button(shared, "1") as button:
        yield button
