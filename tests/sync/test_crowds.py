"""Much at once, small enough for every run: `tests/long.sh drain` and `herd` are the same with a million events and with 52 centres."""

import sys
from contextlib import closing
from pathlib import Path

import pytest

from tests.demo_process import wait_for
from tests.sync.drain import drained, prepared
from tests.sync.ends import Mother, National, broken_at, edge_lines
from tests.sync.herd import run
from tests.sync.postgres import Cluster, cluster

__all__ = ["cluster"]

EVENTS = 20_000


@pytest.mark.timeout(300)
def test_a_backlog_of_twenty_thousand_events_drains_while_the_hall_works(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    with closing(Mother(tmp_path).start()) as mother, closing(National(tmp_path / "national").start()) as national:
        with closing(prepared(tmp_path, mother, EVENTS)) as box:
            figures = drained(box, national, hall=True, at_rest=20)
            box.come_together()
            wait_for("both logs to be one", lambda: national.lines() == edge_lines(box.data))  # grants may still come
            lines = national.lines()
        assert broken_at(lines[-1000:])[1:] == []  # the first of them follows a line that is not among them
    assert figures.memory_most < figures.memory_before + 64 * 1024
    with capfd.disabled():
        print(f"\n{figures}", file=sys.stderr)


@pytest.mark.timeout(300)
def test_five_centres_that_come_back_at_once_all_come_together(tmp_path: Path, cluster: Cluster, capfd: pytest.CaptureFixture[str]) -> None:
    said = run(tmp_path, cluster.create(), 5, 200, 120)
    with capfd.disabled():
        print(f"\n{said}", file=sys.stderr)
