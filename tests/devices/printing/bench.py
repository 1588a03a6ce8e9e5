"""A box with a printer on a real cable: SQLite and TCP are real, the printer is the virtual one, and only its patience is short."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from edge.devices.printing import virtual
from edge.devices.printing.printer import Patience, Printer
from edge.devices.printing.virtual import Mood, VirtualPrinter
from edge.devices.printing.worker import PrintRoom
from edge.operations import printing
from edge.queueing import events as e
from edge.store import queries
from edge.store.print_jobs import Job
from tests.demo_process import wait_for
from tests.operations.box import Box

BRIEF = Patience(answer=2, take=2, done=5, try_for=0, again=0.02)
PHONES = "http://10.0.0.1:8090"


@dataclass
class Bench:
    """``box`` issues, ``printer`` prints."""

    box: Box
    printer: VirtualPrinter
    room: PrintRoom

    def issue(self) -> str:
        """Take a ticket at a kiosk and have it printed; returns its id."""
        self.box.issue()
        ticket = list(self.box.hall.tickets)[-1]
        printing.ask(self.box.ctx, ticket, "printer-1", PHONES)
        return ticket

    def again(self, ticket: str, **more: Any) -> None:
        printing.print_again(self.box.ctx, ticket, "printer-1", PHONES, actor="staff:p1", **more)

    def job(self, ticket: str) -> Job:
        job = printing.newest(self.box.ctx, ticket)
        assert job
        return job

    def over(self, ticket: str) -> Job:
        """Wait until the newest job of the ticket is over."""
        wait_for("the end of the job", lambda: self.job(ticket).ended_at)
        return self.job(ticket)

    def failures(self) -> list[e.TicketPrintFailed]:
        """What the journal says about tickets that did not come out."""
        lines = [line for line in queries.all_lines(self.box.database) if line.type == "ticket.print_failed"]
        found = [e.read(line.type, line.payload or "") for line in lines]
        return [event for event in found if isinstance(event, e.TicketPrintFailed)]


@contextmanager
def bench(box: Box, folder: Path, mood: Mood | None = None, patience: Patience = BRIEF, *, answers: bool = True) -> Iterator[Bench]:
    """Let a printer stand beside ``box`` while the block lasts."""
    with virtual.serving(VirtualPrinter(folder, mood or Mood())) as printer:
        room = PrintRoom(box.ctx, [Printer("printer-1", printer.address, answers)], patience)
        room.start()
        try:
            yield Bench(box, printer, room)
        finally:
            room.stop()
