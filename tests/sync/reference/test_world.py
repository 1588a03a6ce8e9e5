"""Both sides under chance: no seat is promised twice, and with the link back both say the same. Longer: `tests/long.sh national`."""

from collections.abc import Iterator

import pytest

from edge.sync.reference import database
from tests.sync.reference import world


@pytest.fixture
def _open(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    database.open_database(tmp_path_factory.mktemp("world") / "national.db")
    yield
    database.close_database()


@pytest.mark.usefixtures("_open")
def test_no_seat_is_promised_twice_while_the_link_comes_and_goes() -> None:
    assert world.run(seed=8, steps=60).bookings, "seed 8"
