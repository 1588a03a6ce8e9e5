"""On which line of a document's text a problem is: a hint for the person who typed it, found by reading the text as people do.

Unusual spellings of TOML may hide a place; then there is no line, never a wrong verdict.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass, field

from edge.errors import Problem
from edge.operations.sentences import IDS

_HEADER = re.compile(r"^\s*\[\[?\s*([\w.-]+)\s*\]\]?")


@dataclass(slots=True)
class _Block:
    """A table of the text: the parts of its header, the number of the header's line, the numbered lines below it."""

    header: tuple[str, ...]
    line: int
    lines: list[tuple[int, str]] = field(default_factory=list)

    def line_with(self, key: str) -> int | None:
        """Return the line that sets ``key`` in this table."""
        pattern = re.compile(rf'^\s*"?{re.escape(key)}"?\s*[.=]')
        return next((number for number, text in self.lines if pattern.match(text)), None)


def line_of(text: str, problem: Problem) -> int | None:
    """Return the line of a problem, counting from 1, or None."""
    if "line" in problem.values:
        return int(problem.values["line"])
    if not problem.where:
        return None
    section, *path = problem.where
    blocks = [block for block in _blocks(text) if block.header[:1] == (section,)]
    if section in IDS and path:
        blocks = _entry(blocks, section, path.pop(0), last=problem.code == "repeated")
    return _deepest(blocks, path)


def _blocks(text: str) -> list[_Block]:
    blocks: list[_Block] = []
    for number, line in enumerate(text.splitlines(), start=1):
        header = _HEADER.match(line)
        if header:
            blocks.append(_Block(tuple(header[1].split(".")), number))
        elif blocks:
            blocks[-1].lines.append((number, line))
    return blocks


def _entry(blocks: Sequence[_Block], section: str, id_: str, *, last: bool) -> list[_Block]:
    """Return the blocks of one entry of a list."""
    starts = [at for at, block in enumerate(blocks) if block.header == (section,)]
    if id_.startswith("#"):
        chosen = starts[int(id_[1:]) - 1 : int(id_[1:])]
    else:
        pattern = re.compile(rf"^\s*{IDS[section]}\s*=\s*[\"']{re.escape(id_)}[\"']")
        chosen = [at for at in starts if any(pattern.match(line) for _, line in blocks[at].lines)]
    if not chosen:
        return []
    first = chosen[-1] if last else chosen[0]
    end = next((at for at in starts if at > first), len(blocks))
    return list(blocks[first:end])


def _deepest(blocks: Sequence[_Block], path: Sequence[str]) -> int | None:
    """Return the line of the last part of ``path`` that can be found."""
    for key in reversed(path):
        for block in blocks:
            if block.header[-1] == key:
                return block.line
            found = block.line_with(key)
            if found is not None:
                return found
    return blocks[0].line if blocks else None
