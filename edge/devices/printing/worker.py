"""The threads that print, one for each printer: a job after the other, each tried for half a minute and then given up with an event.

Nothing waits for these threads. What they may not do is print twice: a job is begun once, over restarts too (`operations.printing`).
"""

import logging
import threading
import time
from collections.abc import Sequence
from datetime import datetime
from functools import partial

from edge.devices.printing import picture
from edge.devices.printing.picture import Face
from edge.devices.printing.printer import Patience, Printed, Printer, put_on_paper
from edge.errors import Unavailable
from edge.operations import printing, tickets, track
from edge.operations.clock import local
from edge.operations.context import Context
from edge.operations.printing import Fault, State
from edge.queueing.policy import Names
from edge.store.print_jobs import Job

log = logging.getLogger(__name__)

ENDS_WITHIN_S = 2.0
HEAD_SIGNS = 12  # of the journal's hash: enough to tell any two lines apart


class PrintRoom:
    """All printers that this box drives."""

    def __init__(self, ctx: Context, printers: Sequence[Printer], patience: Patience = Patience()) -> None:  # noqa: B008 -- frozen
        self._ctx = ctx
        self._benches = [_Bench(ctx, printer, patience) for printer in printers]

    def start(self) -> None:
        """Settle what an earlier start left, and print from now on."""
        try:
            printing.resume(self._ctx)
        except Unavailable as error:
            log.warning("print jobs of the last start are not settled: %s", error)
        for bench in self._benches:
            bench.start()

    def stop(self) -> None:
        """Stop within `ENDS_WITHIN_S`; what is being printed then stays begun, and the next start says that nobody knows what became of it."""
        for bench in self._benches:
            bench.end()
        until = time.monotonic() + ENDS_WITHIN_S
        for bench in self._benches:
            bench.join(max(0, until - time.monotonic()))


class _Bench:
    """One printer and its thread."""

    def __init__(self, ctx: Context, printer: Printer, patience: Patience) -> None:
        self._ctx = ctx
        self._printer = printer
        self._patience = patience
        self._rung = threading.Event()
        self._ended = False
        self._seen: dict[int, float] = {}  # monotonic: when a job was first seen waiting
        self._told: dict[int, Fault] = {}
        self._unsaved: list[tuple[Job, Printed]] = []
        self._thread = threading.Thread(target=self._run, name=f"print-{printer.name}", daemon=True)
        ctx.bell.listen(self._rung)

    def start(self) -> None:
        self._thread.start()

    def end(self) -> None:
        self._ended = True
        self._rung.set()

    def join(self, within_s: float) -> None:
        self._thread.join(within_s)

    def _run(self) -> None:
        wait: float | None = 0
        while not self._ended:
            self._rung.wait(wait)
            self._rung.clear()
            try:
                wait = self._patience.again if self._work() else None
            except Unavailable as error:
                log.warning("printer cannot go on now printer=%s why=%s", self._printer.name, error)
                wait = self._patience.again
            except Exception:  # one ticket must not stop the others
                log.exception("printing failed printer=%s", self._printer.name)
                wait = self._patience.again

    def _work(self) -> bool:
        """Print what waits; tell whether something still waits for a printer that cannot print now. Raises Unavailable."""
        self._save()
        while not self._ended:
            jobs = printing.queued(self._ctx, self._printer.name)
            now = self._ctx.clock.monotonic()
            self._seen = {job.job: self._seen.get(job.job, now) for job in jobs}
            if not jobs:
                return False
            if not self._settled(jobs[0]):
                return True
        return True

    def _settled(self, job: Job) -> bool:
        """Try one job; tell whether it is over. Raises Unavailable."""
        try:
            drawn = picture.ticket(face(self._ctx, job))
        except Exception:  # a ticket that cannot be drawn must not stop those behind it
            log.exception("ticket cannot be drawn printer=%s ticket=%s", self._printer.name, job.ticket)
            printing.end(self._ctx, job, State.FAILED, Fault.ERROR)
            return True
        done = put_on_paper(self._printer, drawn, self._patience, partial(printing.begin, self._ctx, job))
        if done is None:
            return True
        if done.state is State.QUEUED and done.fault:
            return self._given_up(job, done.fault)
        log.info("ticket printed printer=%s ticket=%s copy=%s state=%s fault=%s", self._printer.name, job.ticket, job.copy, done.state, done.fault)
        self._unsaved.append((job, done))  # while the box cannot write it stays begun, and so is never printed again
        self._save()
        return True

    def _save(self) -> None:
        while self._unsaved:
            job, done = self._unsaved[0]
            printing.end(self._ctx, job, done.state, done.fault)
            del self._unsaved[0]

    def _given_up(self, job: Job, fault: Fault) -> bool:
        if self._ctx.clock.monotonic() - self._seen[job.job] >= self._patience.try_for:
            log.warning("ticket not printed printer=%s ticket=%s why=%s", self._printer.name, job.ticket, fault)
            printing.end(self._ctx, job, State.FAILED, fault)
            return True
        if self._told.get(job.job) is not fault:
            self._told = {job.job: fault}
            printing.say_why(self._ctx, job, fault)
        return False


def face(ctx: Context, job: Job) -> Face:
    """Return what a ticket says, as the hall is now. Raises Unknown."""
    view, policy, head = tickets.view(ctx, job.ticket), ctx.hall.policy, ctx.database.committed.head
    lang, service, category = str(view["lang"]), policy.services.get(view["service"]), policy.categories.get(view["category"] or "")
    documents = [*([category.proof] if category else []), *(service.documents if service else ())]
    start, end = view["from"], view["to"]
    return Face(
        lang=lang,
        centre=_in(policy.centre.names, lang),
        number=view["number"],
        service=_in(service.names, lang) if service else view["service"],
        taken=_clock(ctx, view["issued_at"], "%d.%m.%Y %H:%M"),
        head=f"{head.epoch}/{head.seq} {head.hash[:HEAD_SIGNS]}",
        category=_in(category.names, lang) if category else None,
        times=f"{_clock(ctx, start)}–{_clock(ctx, end)}" if start and end else None,  # noqa: RUF001 -- a range has an en dash
        promise=view["promise"],
        documents=[_in(names, lang) for names in documents],
        address=job.address + track.url(ctx.keys, job.ticket) if job.address else None,
        copy=job.copy,
    )


def _in(names: Names, lang: str) -> str:
    return names.get(lang) or names["ru"]


def _clock(ctx: Context, at: str, form: str = "%H:%M") -> str:
    return local(ctx.hall.tz, datetime.fromisoformat(at)).strftime(form)
