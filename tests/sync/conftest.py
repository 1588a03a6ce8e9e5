"""One country for a module: a national server, a centre, and between them a network (`Link`) and somebody who says what he likes (`Meddler`)."""

from collections.abc import Iterator
from contextlib import ExitStack, closing
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.sync.ends import EdgeBox, Mother, National, differences, made, verified
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

    def hold(self) -> None:
        """The truth is told again: both sides come together, and nothing is lost, invented or twice. Fails if not."""
        self.meddler.meddling = honest
        if self.link.weather != CLEAR:
            self.link.mend()
        self.box.come_together()
        assert differences(self.box.data, self.national.lines()) == []

    def hold_tables(self) -> None:
        """Like `hold`, and the centre's tables follow from its journal."""
        self.hold()
        assert verified(self.box.data) == []


@pytest.fixture(scope="module")
def country(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Country]:
    root = tmp_path_factory.mktemp("country")
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
        made_ = Country(box, link, meddler, national, mother, root, given)
        made_.hold()
        yield made_
