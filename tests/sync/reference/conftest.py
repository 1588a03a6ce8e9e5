"""A national server on SQLite and one on PostgreSQL, each listening on 127.0.0.1; a throw-away PostgreSQL cluster for the whole run."""

import threading
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from edge.sync.reference import centres, database, serving
from edge.sync.reference.app import create_app
from tests.sync.postgres import cluster
from tests.sync.reference.box import Box

__all__ = ["cluster"]

MakeBox = Callable[..., Box]


@pytest.fixture(scope="module", params=["sqlite", "postgres"])
def address(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of a server that lives as long as the module."""
    if request.param == "sqlite":
        database.open_database(tmp_path_factory.mktemp("national") / "national.db")
    else:
        database.open_database(request.getfixturevalue("cluster").create())
    server = serving.listening(create_app(), "127.0.0.1", 0)
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{server.effective_port}"
    server.close()
    server.task_dispatcher.shutdown()
    database.close_database()


@pytest.fixture
def box(address: str, request: pytest.FixtureRequest) -> MakeBox:
    """Make boxes, each of a centre of its own that was enrolled now."""

    def make(**how: bool) -> Box:
        name = f"c{centres.digest_of(f'{request.node.name}{datetime.now(UTC)}')[:16]}"
        given = centres.enrol(name, datetime.now(UTC), **how)
        return Box(address, given.token, given.centre)

    return make


@pytest.fixture
def new_file(tmp_path: Path) -> Path:
    return tmp_path / "national.db"
