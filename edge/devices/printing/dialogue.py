"""ESC/POS as python-escpos speaks it, over our own cable, on which each step has its time.

Heavy, so imported when the first ticket is printed. The library reads its table of printers while it is imported, and writes what it read into a new
temporary folder. It is given a table of ours with the one kind of paper that we draw for, which takes a quarter of the time; and the folder is in
memory and soon gone, because tickets are printed on a full disk as well.
"""

import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from edge.devices.printing.cable import Cable

if TYPE_CHECKING:
    from PIL import Image

MEMORY = "/dev/shm"  # noqa: S108 -- a folder of its own is made in it
PIECE_ROWS = 128  # cheap printers have little memory, and one long command that is cut leaves them waiting for the rest of it
LINES_BEHIND = 4  # before the cut, so that a hand finds the paper


@contextmanager
def _in_memory() -> Iterator[None]:
    """Let temporary files be in memory. Those that other threads make meanwhile are there, too, which harms nobody."""
    before, tempfile.tempdir = tempfile.tempdir, MEMORY if os.access(MEMORY, os.W_OK) else tempfile.tempdir
    try:
        yield
    finally:
        tempfile.tempdir = before


os.environ.setdefault("ESCPOS_CAPABILITIES_FILE", str(Path(__file__).with_name("paper.json")))
with _in_memory():
    from escpos import capabilities
    from escpos.escpos import Escpos
if "ESCPOS_CAPABILITIES_PICKLE_DIR" not in os.environ:
    shutil.rmtree(capabilities.pickle_dir, ignore_errors=True)


class Dialogue(Escpos):  # type: ignore[misc]  # the library carries no types
    """What an open printer is told and what it answers; every step raises CableError when it is gone or takes too long."""

    def __init__(self, way: Cable) -> None:
        super().__init__()
        self._way = way
        self._within_s = 0.0

    def print_out(self, picture: "Image.Image", within_s: float) -> None:
        """Print a black and white picture and cut; each piece must be taken within ``within_s`` seconds."""
        self._within_s = within_s
        self.hw("INIT")
        self.image(picture, fragment_height=PIECE_ROWS)
        self.print_and_feed(LINES_BEHIND)
        self.cut(feed=False)

    def ask(self, question: bytes, within_s: float) -> int | None:
        """Ask (`answers`), and return the byte that is answered; None when there is none in time."""
        self._within_s = within_s
        self._way.forget_old_answers()
        answer: bytes = self.query_status(question)
        return answer[-1] if answer else None

    def _raw(self, msg: bytes) -> None:
        self._way.send(msg, self._within_s)

    def _read(self) -> bytes:
        return self._way.answer(self._within_s)
