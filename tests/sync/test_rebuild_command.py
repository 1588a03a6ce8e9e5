"""`edge rebuild` as an engineer runs it: what it needs, what it says, and that a lost box is named a way back."""

from pathlib import Path

from edge.config import Paths
from edge.damage import way_back
from tests.commands import edge

CONFIG_WRONG = 3


def test_it_says_what_it_needs_before_it_asks_anybody(tmp_path: Path) -> None:
    done = edge("rebuild", "--data", tmp_path)
    assert done.returncode == CONFIG_WRONG
    assert "edge.toml does not exist" in done.stderr
    (tmp_path / "edge.toml").write_text('[national]\nurl = "http://127.0.0.1:9"\n', encoding="utf-8")
    done = edge("rebuild", "--data", tmp_path)
    assert done.returncode == CONFIG_WRONG
    assert f"put the centre's key file at {tmp_path / 'node.key'}" in done.stderr


def test_a_centre_without_a_backup_is_told_of_the_national_copy(tmp_path: Path) -> None:
    assert "`edge rebuild --data" in way_back(Paths(tmp_path))
    (tmp_path / "edge.db").touch()
    assert "edge rebuild" not in way_back(Paths(tmp_path)), "a damaged database is there, and gives more than a copy"
