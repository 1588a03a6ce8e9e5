"""A country: a national server, a centre, and between them a network (`Link`) and somebody who says what he likes (`Meddler`)."""

import json
import urllib.request
from collections.abc import Iterator
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.demo_process import wait_for
from tests.sync.ends import BOOKABLE, EdgeBox, Mother, National, differences, made, tickets_of, verified
from tests.sync.meddler import Meddler, honest
from tests.sync.proxy import CLEAR, Link


@dataclass
class Country:
    """Centre → link → meddler → national server."""

    box: EdgeBox
    link: Link
    meddler: Meddler
    national: National
    mother: Mother
    root: Path
    given: dict[str, str]
    had_twin: bool = False  # two boxes that nobody could tell apart gave the same numbers, until they met the server

    def hold(self) -> None:
        """The truth is told again: both sides come together, and nothing is lost, invented or twice. Fails if not."""
        self.meddler.meddling = honest
        if self.link.weather != CLEAR:
            self.link.mend()
        found = [""]

        def is_one() -> bool:
            self.box.come_together()
            found[:] = differences(self.box.data, self.national.lines())
            return not found

        try:
            wait_for("the two sides to be one", is_one)  # items of the feed may still come, and be journalled
        except AssertionError as error:
            raise AssertionError(f"{error}: {found}") from None
        tickets, numbers = tickets_of(self.box.data)
        assert tickets >= self.box.issued
        assert self.had_twin or numbers == tickets, "a number was given twice"

    def sell(self, person: str) -> str:
        """Sell a seat at the portal, as a visitor's browser does; return the booking's code."""
        base = f"{self.national.address}/portal/v1/centres/{self.given['centre']}"
        with urllib.request.urlopen(f"{base}/slots?service={BOOKABLE}", timeout=10) as answer:
            slot = json.load(answer)[0]["slot"]
        wish = {"service": BOOKABLE, "slot": slot, "person": person, "lang": "ky"}
        headers = {"Content-Type": "application/json", "Idempotency-Key": f"sale-to-{person}"}
        asked = urllib.request.Request(f"{base}/bookings", json.dumps(wish).encode(), headers)
        with urllib.request.urlopen(asked, timeout=10) as answer:
            return str(json.load(answer)["code"])

    def hold_tables(self) -> None:
        """Like `hold`, and the centre's tables follow from its journal."""
        self.hold()
        assert verified(self.box.data) == []


@pytest.fixture(scope="session")
def country(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Country]:
    """One for all modules of a worker: every test leaves it with both sides together."""
    with _founded(tmp_path_factory.mktemp("country")) as made_:
        yield made_


@pytest.fixture(scope="module")
def province(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Country]:
    """One of a module's own, for what leaves traces: epochs, twins, spoilt disks."""
    with _founded(tmp_path_factory.mktemp("province")) as made_:
        yield made_


@contextmanager
def _founded(root: Path) -> Iterator[Country]:
    with ExitStack() as stack:
        mother = stack.enter_context(closing(Mother(root))).start()
        national = stack.enter_context(closing(National(root / "national")))
        given = national.enrol()
        national.start()
        meddler = stack.enter_context(closing(Meddler(national.port)))
        link = stack.enter_context(closing(Link(meddler.port)))
        box = stack.enter_context(closing(made(root / "box", mother)))
        box.lead_to(link.url, given["token"], given["person_key"])
        box.start().issue(3)
        found = Country(box, link, meddler, national, mother, root, given)
        found.hold()
        yield found
