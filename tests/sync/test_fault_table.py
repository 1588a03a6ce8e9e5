"""The fault table of docs/sync.md names tests and long suites that there are."""

import re
from pathlib import Path

ROOT = Path(__file__).parents[2]


def test_every_test_that_the_table_names_exists() -> None:
    text = (ROOT / "docs/sync.md").read_text(encoding="utf-8").split("\n## Faults\n", 1)[1].split("\n## ", 1)[0]
    named = re.findall(r"`(tests/[\w/]+\.py)::(\w+)`", text)
    assert len(named) > 30
    missing = [f"{path}::{name}" for path, name in named if f"def {name}(" not in (ROOT / path).read_text(encoding="utf-8")]
    assert missing == []
    suites = (ROOT / "tests/long.sh").read_text(encoding="utf-8")
    assert [name for name in re.findall(r"`tests/long\.sh (\w+)`", text) if f"\n{name})" not in suites] == []
