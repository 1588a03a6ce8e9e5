"""Printers at a serial or USB port: the same bytes over a device file, here a pseudo-terminal of the kernel."""

import os
import threading
import tty
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, cast

import pytest
from PIL import Image

from edge.devices.printing import picture
from edge.devices.printing.picture import Face
from edge.devices.printing.printer import Printed, Printer, put_on_paper
from edge.devices.printing.virtual import VirtualPrinter
from edge.operations.printing import Fault, State
from tests.devices.printing.bench import BRIEF

DRAWN = picture.ticket(Face("ky", "Борбор", "A007", "Паспорт", "10:02", "1/1 ab"))


class Line:
    """The printer's end of the cable, which a virtual printer takes for a socket."""

    def __init__(self, descriptor: int) -> None:
        self._descriptor = descriptor

    def recv(self, size: int) -> bytes:
        try:
            return os.read(self._descriptor, size)
        except OSError:  # the box closed its end
            return b""

    def sendall(self, data: bytes) -> None:
        os.write(self._descriptor, data)

    def settimeout(self, _seconds: float) -> None:
        """A terminal has none."""


@contextmanager
def at_a_port(folder: Path) -> Iterator[tuple[VirtualPrinter, str]]:
    """Plug a printer in; yields it with its device file."""
    ours, theirs = os.openpty()
    tty.setraw(theirs)
    printer = VirtualPrinter(folder)
    thread = threading.Thread(target=printer.take, args=(cast("Any", Line(ours)),), daemon=True)
    thread.start()
    try:
        yield printer, os.ttyname(theirs)
    finally:
        os.close(theirs)
        thread.join(5)
        os.close(ours)


@pytest.mark.parametrize("address", ["file:{}", "serial:{}", "serial:{}:115200"])
def test_a_printer_at_a_port_is_asked_prints_and_says_that_it_did(tmp_path: Path, address: str) -> None:
    with at_a_port(tmp_path) as (printer, file):
        assert put_on_paper(Printer("printer-1", address.format(file)), DRAWN, BRIEF, lambda: True) == Printed(State.PRINTED)
        (sheet,) = printer.sheets
    assert Image.open(sheet).tobytes() == DRAWN.tobytes()


@pytest.mark.parametrize("address", ["file:/dev/usb/lp99", "serial:/dev/ttyUSB99", "serial:/dev/null", "tcp://127.0.0.1:99999"])
def test_a_printer_that_is_not_plugged_in_is_off(address: str) -> None:
    assert put_on_paper(Printer("printer-1", address), DRAWN, BRIEF, lambda: True) == Printed(State.QUEUED, Fault.OFF)


def test_what_the_library_refuses_is_over_and_not_tried_for_ever(tmp_path: Path) -> None:
    too_wide = Image.new("1", (584, 8), 1)
    with at_a_port(tmp_path) as (printer, file):
        assert put_on_paper(Printer("printer-1", f"file:{file}"), too_wide, BRIEF, lambda: True) == Printed(State.UNKNOWN, Fault.ERROR)
        assert printer.sheets == []


def test_nothing_is_sent_that_may_not_be_begun(tmp_path: Path) -> None:
    with at_a_port(tmp_path) as (printer, file):
        assert put_on_paper(Printer("printer-1", f"file:{file}"), DRAWN, BRIEF, lambda: False) is None
        assert printer.sheets == []
