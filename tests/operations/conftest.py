"""One centre with its real database and clocks that only tests move."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.operations.box import Box


@pytest.fixture
def fresh(tmp_path: Path) -> Iterator[Box]:
    """A box on an empty database."""
    box = Box(tmp_path / "edge.db")
    yield box
    box.stop()


@pytest.fixture
def box(fresh: Box) -> Box:
    """A centre, open round the clock, its day and every desk open, a minute after nine."""
    fresh.make()
    return fresh
