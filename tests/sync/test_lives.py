"""A centre that is restored or copied, a server that is rewound, clocks that are set, disks that are full: both sides come together again."""

import re
import shutil
from contextlib import closing, suppress
from pathlib import Path

import apsw
import pytest

from edge.config import Paths
from edge.store.database import Database
from tests.demo_process import wait_for
from tests.sync import backlog
from tests.sync.conftest import Country
from tests.sync.ends import EdgeBox, Gone, broken_at, copied, differences, edge_lines
from tests.sync.proxy import CUT

FILES = ("edge.db", "edge.db-wal", "edge.db-shm")
YEAR_S = 365 * 86_400.0


def disk(data: Path, target: Path) -> Path:
    """Copy the database files of a box that does not run."""
    target.mkdir()
    for name in FILES:
        if (data / name).exists():
            shutil.copy(data / name, target / name)
    return target


def put_back(kept: Path, data: Path) -> None:
    """Let the box have that database again."""
    for name in FILES:
        (data / name).unlink(missing_ok=True)
        if (kept / name).exists():
            shutil.copy(kept / name, data / name)


def restored(province: Country, tmp_path: Path, *, unsent: int) -> None:
    """Let the centre come back with an older database, of which a later tail was sent; ``unsent``: tickets after its return, link cut."""
    box = province.box
    box.stop()
    kept = disk(box.data, tmp_path / "kept")
    box.start().issue(4)
    province.hold()
    box.stop()
    put_back(kept, box.data)
    province.link.weather = CUT
    box.start().issue(unsent)
    state = box.ask("state")
    assert (state["restored"], state["sells"]) == (True, False)


def epoch_of(box: EdgeBox) -> int:
    return int(box.ask("state")["head"][0])


@pytest.mark.parametrize("told", [True, False], ids=["and says so", "and does not say so"])
def test_a_server_that_is_rewound_gets_everything_again(province: Country, tmp_path: Path, *, told: bool) -> None:
    national = province.national
    national.stop()
    shutil.copytree(national.data, tmp_path / "national")
    national.start()
    province.box.issue(4)
    province.sell(f"P-rewound-{told}")
    province.hold()
    national.stop()
    shutil.rmtree(national.data)
    shutil.copytree(tmp_path / "national", national.data)
    if told:
        national.command_of("--restored")
    province.box.issue(1)
    national.start()
    province.hold_tables()


@pytest.mark.parametrize("off_s", [-7200.0, -YEAR_S, YEAR_S, -56 * YEAR_S, 43 * YEAR_S])
def test_a_clock_that_is_set_stops_neither_the_link_nor_the_hall(province: Country, off_s: float) -> None:
    province.box.ask("set_clock", off_s=off_s)
    province.box.issue(1)
    province.hold()
    province.box.ask("set_clock", off_s=0)
    province.box.issue(1)
    province.hold()


def test_a_full_disk_of_the_centre_is_said_and_passes(province: Country) -> None:
    config = province.box.data / "edge.toml"
    province.box.stop()
    with closing(apsw.Connection(str(province.box.data / "edge.db"))) as connection:
        connection.wal_checkpoint(mode=apsw.SQLITE_CHECKPOINT_TRUNCATE)
        pages = int(str(connection.pragma("page_count"))) + 8
    text = config.read_text()
    config.write_text(re.sub(r"(?m)^max_pages = \d+", f"max_pages = {pages}", text))
    province.box.start()
    wait_for("the disk to be full", lambda: "error" in province.box.ask("issue", count=1))
    province.box.stop()
    config.write_text(text)
    province.box.start()
    province.hold_tables()


def test_a_restored_centre_goes_on_in_a_new_epoch_behind_what_the_server_kept(province: Country, tmp_path: Path) -> None:
    before = epoch_of(province.box)
    restored(province, tmp_path, unsent=3)
    province.hold_tables()
    assert epoch_of(province.box) == before + 1
    assert province.box.ask("state")["sells"]


def test_a_backup_taken_while_lines_are_sent_comes_back_as_one(province: Country, tmp_path: Path) -> None:
    before = epoch_of(province.box)
    province.box.issue(5)
    province.box.ask("backup", target=str(tmp_path / "edge.db"))
    province.box.issue(2)
    province.hold()
    province.box.stop()
    put_back(tmp_path, province.box.data)
    (province.box.data / "high-water.json").unlink()  # the stamp inside the copy is enough
    province.box.start()
    province.hold_tables()
    assert epoch_of(province.box) == before + 1


@pytest.mark.parametrize("place", ["epoch.staged", "epoch.before", "epoch.after"])
def test_a_centre_that_dies_while_its_epoch_begins_begins_it_again(province: Country, tmp_path: Path, place: str) -> None:
    before = epoch_of(province.box)
    restored(province, tmp_path, unsent=2)
    province.box.stop()
    province.link.mend()
    with suppress(Gone):
        province.box.start(place)
        wait_for(f"the death at {place}", lambda: province.box.ask("try_now") and False)
    province.box.wait_dead()
    province.box.start()
    province.hold_tables()
    assert epoch_of(province.box) == before + 1


def test_of_two_copies_one_goes_on_and_the_other_is_fenced_and_serves_its_hall(province: Country, tmp_path: Path) -> None:
    box, province.had_twin = province.box, True
    box.stop()
    with closing(EdgeBox(copied(box.data, tmp_path / "twin"), province.mother)) as twin:
        box.start().issue(2)
        province.hold()
        twin.start().issue(2)  # what it writes now, the other has not
        wait_for("the twin's new epoch", lambda: _hurried(twin) and epoch_of(twin) > epoch_of(box))
        wait_for("the twin and the server to be one", lambda: twin.is_hurried_together() and not differences(twin.data, province.national.lines()))
        wait_for("the first to be fenced", lambda: _issued(box) and box.ask("state")["why"] == "fenced", 30)
        box.issue(2)
        assert not box.ask("state")["sells"]
        assert broken_at(edge_lines(box.data)) == []
        wait_for("the twin and the server to be one", lambda: twin.is_hurried_together() and not differences(twin.data, province.national.lines()))
        twin.stop()
    province.national.command_of("--admit", province.given["centre"])
    province.hold_tables()


def _issued(box: EdgeBox) -> bool:
    box.issue()
    return _hurried(box)


def _hurried(box: EdgeBox) -> bool:
    box.hurry()
    return True


def test_events_that_nobody_knows_pass_with_all_that_is_behind_them(province: Country) -> None:
    province.box.stop()
    database = Database(Paths(province.box.data).database)
    database.open()
    strange: list[backlog.Event] = [
        ("ticket.beamed", "system", {"to": "nowhere", "tick": 1}),
        ("ticket.beamed", "system", {"words": "\N{DROMEDARY CAMEL} \u0000 Ө" * 20_000}),
    ]
    backlog.fill(database, len(strange), iter(strange), schema=9)
    database.close()
    province.box.start().issue(2)
    province.hold()  # the tables never knew these lines


def test_a_line_that_was_changed_on_the_disk_is_never_taken_by_the_server(province: Country) -> None:
    box = province.box
    province.link.weather = CUT
    box.issue(3)
    box.stop()
    stored = province.national.lines()
    with closing(apsw.Connection(str(box.data / "edge.db"))) as connection:
        for (name,) in list(connection.execute("SELECT name FROM sqlite_schema WHERE type = 'trigger' AND tbl_name = 'journal'")):
            connection.execute(f"DROP TRIGGER {name}")
        newest = "SELECT epoch, seq FROM journal WHERE type = 'ticket.issued' ORDER BY epoch DESC, seq DESC LIMIT 1"
        connection.execute(f"UPDATE journal SET payload = replace(payload, '\"ky\"', '\"ru\"') WHERE (epoch, seq) = ({newest})")
    province.link.mend()
    box.start()
    wait_for("the link to say so", lambda: box.ask("state")["why"] == "batch", 60)
    box.issue(1)
    assert broken_at(province.national.lines()) == []
    assert len(province.national.lines()) >= len(stored)
