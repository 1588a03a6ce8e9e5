"""Somebody looked: each scene has a line in `docs/screens.md` with a date and what was seen, and no line speaks of a scene that is gone."""

import re
from pathlib import Path

from tests.pictures.scenes import SCENES

TEXT = Path("docs/screens.md").read_text(encoding="utf-8")
VERDICT = re.compile(r"^\| `([a-z0-9-]+)` \| (\d{4}-\d{2}-\d{2}) \| (.{20,}) \|$", re.MULTILINE)


def test_each_scene_was_looked_at_and_judged_in_a_line() -> None:
    assert [name for name, _, _ in VERDICT.findall(TEXT)] == [scene.name for scene in SCENES]


def test_no_two_scenes_have_one_name() -> None:
    """Their pictures would take each other's place."""
    assert len({scene.name for scene in SCENES}) == len(SCENES)
