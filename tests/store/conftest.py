"""A real SQLite file for each test, and everything it holds afterwards closed."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from edge.store.database import Database


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "edge.db"


@pytest.fixture
def database(path: Path) -> Iterator[Database]:
    database = Database(path)
    database.open()
    yield database
    database.close()
