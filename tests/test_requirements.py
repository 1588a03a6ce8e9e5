"""`docs/requirements.md`: no row is missing, none is empty, and what a row names as its proof exists."""

import re
from functools import cache
from pathlib import Path

import pytest

from tests.pictures.scenes import SCENES

ROOT = Path(__file__).parents[1]
LINES = {"K": 10, "C": 8, "H": 6, "B": 6, "F": 4, "S": 9, "D": 5, "A": 5, "O": 5, "T": 18}
WANTED = [f"R{number}" for number in range(1, 21)] + [f"{letter}{number}" for letter, most in LINES.items() for number in range(1, most + 1)]
ROWS = dict(re.findall(r"^\| ([A-Z]\d+) \| .+? \| (.+) \|$", (ROOT / "docs/requirements.md").read_text(encoding="utf-8"), re.MULTILINE))
ELSEWHERE = re.compile(r"issue [67]|later")
SUITE = re.compile(r"`tests/long\.sh ([\w-]+)`")
SUITES = set(re.findall(r"^([\w-]+)\) ", (ROOT / "tests/long.sh").read_text(encoding="utf-8"), re.MULTILINE))


@cache
def names_in(path: str) -> set[str]:
    file = ROOT / "tests" / path
    return set(re.findall(r"^def (test_\w+)", file.read_text(encoding="utf-8"), re.MULTILINE)) if file.exists() else set()


def test_every_row_is_there_once_and_in_order() -> None:
    assert list(ROWS) == WANTED


@pytest.mark.parametrize("row", WANTED)
def test_a_row_names_a_test_or_a_screen_or_where_it_belongs(row: str) -> None:
    assert "::" in ROWS[row] or "scene `" in ROWS[row] or SUITE.search(ROWS[row]) or ELSEWHERE.search(ROWS[row])


@pytest.mark.parametrize("row", WANTED)
def test_what_a_row_names_exists(row: str) -> None:
    assert unknown_in(ROWS[row]) == []


def unknown_in(text: str) -> list[str]:
    """Return what a cell names and nobody has: tests, scenes, long suites."""
    named = re.findall(r"`([\w/]+\.py)::(\w+)`", text)
    assert len(named) == text.count("::")
    scenes = {scene.name for scene in SCENES}
    return [
        *(f"{path}::{name}" for path, name in named if name not in names_in(path)),
        *(name for name in re.findall(r"scene `([\w-]+)`", text) if name not in scenes),
        *(name for name in SUITE.findall(text) if name not in SUITES),
    ]


def test_what_only_the_hardware_shows_is_listed_with_the_reason_and_with_what_stands_in_for_it() -> None:
    section = (ROOT / "docs/devices.md").read_text(encoding="utf-8").partition("\n## What only the hardware shows\n")[2].partition("\n## ")[0]
    listed = [[cell.strip() for cell in line.split("|")[1:-1]] for line in section.splitlines() if line.startswith("| ")][1:]
    assert listed
    assert [row for row in listed if len(row) != 3 or not all(row)] == []
    assert unknown_in(section) == []
