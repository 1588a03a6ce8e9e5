"""`kill -9` while a new epoch begins: before it is durable nothing has happened, after it all of it has, and the next try goes on."""

import os
import shutil
from dataclasses import replace
from pathlib import Path

import pytest

from edge import failpoints
from edge.operations import epochs
from edge.queueing.chain import Envelope, Head
from edge.store import queries
from tests.operations.box import Box
from tests.operations.test_epochs import Server, head_of
from tests.sampling import some
from tests.store.test_histories import shadow_tables

KILLED = -9
POINTS = [
    "epoch.staged:1",
    "epoch.staged:2",
    "write.begun:1",
    "write.begun:3",
    "write.begun:4",
    "commit.before:3",
    "epoch.before",
    "commit.before:4",
    "epoch.after",
]


@pytest.fixture(scope="module")
def scene(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Head, Server]:
    """A box whose clone spoke first: its database, the line that both have, and the server."""
    folder = tmp_path_factory.mktemp("scene")
    box = Box(folder / "edge.db")
    box.make()
    box.issue()
    server = Server(page=2)
    parent = server.take(box)
    box.database.connection().wal_checkpoint()
    shutil.copy(box.path, folder / "other.db")
    other = Box(folder / "other.db", replace(box.clock))
    for _ in range(3):
        other.issue()
    server.take(other)
    other.stop()
    box.issue()
    box.press()
    box.stop()
    return box.path, parent, server


def begin(path: Path, parent: Head, server: Server, point: str) -> int:
    """Begin epoch 2 in a process of its own that dies at ``point``; return how it ended."""
    child = os.fork()
    if not child:
        status = 1
        try:
            box = Box(path)
            failpoints._armed.update(failpoints.parse(point))
            epochs.begin_epoch(box.ctx, server.issue(2, parent), server.fetch)
            status = 0
        finally:
            os._exit(status)
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])


@pytest.mark.parametrize("point", some(POINTS, 1, 6, 8))
def test_a_death_while_an_epoch_begins_leaves_the_old_one_or_the_new_one_whole(scene: tuple[Path, Head, Server], tmp_path: Path, point: str) -> None:
    path, parent, server = scene
    copy = tmp_path / "edge.db"
    shutil.copy(path, copy)
    before = _lines(copy)
    assert begin(copy, parent, server, point) == KILLED
    box = Box(copy)
    report = box.verify()
    assert report.clean, report.problems
    assert box.hall.epoch == (2 if point == "epoch.after" else 1)
    if box.hall.epoch == 1:
        assert _lines_of(box) == before
    box.stop()
    assert begin(copy, parent, server, "") == 0
    again = Box(copy)
    report = again.verify()
    assert report.clean, report.problems
    assert again.hall.epoch == 2
    assert [line.type for line in _lines_of(again)].count("epoch.started") == 1
    assert len(again.hall.tickets) == 5
    assert _rebuilt(again, tmp_path / "fresh") == shadow_tables(again.database)
    assert server.lines[1] == [line for line in _lines_of(again) if line.epoch == 1]
    again.stop()


def _rebuilt(box: Box, folder: Path) -> dict[str, object]:
    """The tables of an empty box that copies the lines."""
    folder.mkdir()
    fresh = Box(folder / "edge.db")
    assert epochs.copy_lines(fresh.ctx, _lines_of(box)) == head_of(_lines_of(box)[-1])
    tables = shadow_tables(fresh.database)
    fresh.stop()
    return tables


def _lines(path: Path) -> list[Envelope]:
    box = Box(path)
    found = _lines_of(box)
    box.stop()
    return found


def _lines_of(box: Box) -> list[Envelope]:
    return list(queries.all_lines(box.database))
