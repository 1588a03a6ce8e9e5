"""`/healthz`: what works, since when, and what does not. Asked by people, `edge doctor`, and whoever watches the box."""

import os
import threading
from collections.abc import Callable

from edge import __version__
from edge.errors import Unavailable
from edge.operations import alerts, link_state
from edge.operations.context import Context
from edge.operations.views import View
from edge.queueing.alerts import Reading, Sign, What
from edge.queueing.chain import instant
from edge.queueing.policy import Restored
from edge.store.reserve import ENOUGH_FREE, MIB, free_bytes
from edge.ticker import Ticker

PROBE_EVERY_S = 2.0
TICKER_LATE_S = 10.0
OPEN_SHOWN_S = 60.0  # as long as from one look of the canary to the next
WELL_FREE = ENOUGH_FREE * 6 // 5


def _clock_words(ctx: Context, *, trusted: bool) -> str | None:
    """A date that nobody vouches for is said also when the clock is well again: the tickets still have it."""
    day = ctx.hall.day
    doubt = f"nobody has confirmed that today is {day.day}: set the clock, then run `edge confirm-day`" if day and day.provisional else None
    if trusted:
        return doubt
    return "; ".join(filter(None, ("times may be wrong, the order is not", doubt)))


def _sign(*, bad: bool) -> Sign:
    return Sign.BAD if bad else Sign.GOOD


def _data_words(restored: Restored) -> str:
    since = "the national server follows another box since" if restored.fenced else "from a backup of"
    return f"{since} {restored.at}, numbers begin with {restored.prefix}"


class Health:
    """Keeps since when each check has had its status; the database is probed by a real commit, at most every two seconds."""

    def __init__(self, ctx: Context, mqtt: Callable[[], View], paper: Callable[[], str | None], voice: Callable[[], str | None]) -> None:
        """``paper``, ``voice``: what is wrong with the printers, and why calls are not spoken; None: nothing."""
        self._ctx = ctx
        self._mqtt = mqtt
        self._paper = paper
        self._voice = voice
        self._ticker: Ticker | None = None
        self._guard = threading.Lock()
        self._since: dict[str, tuple[str, str]] = {}
        self._probed: tuple[float, str | None] | None = None

    def watch(self, ticker: Ticker) -> None:
        """Include the ticker, once there is one."""
        self._ticker = ticker

    def report(self) -> tuple[View, bool]:
        """Return the body of `/healthz` and whether the database can commit."""
        with self._guard:
            fault = self._database_fault()
            mqtt = self._mqtt()
            trusted = self._ctx.clock.quality().trusted
            late = self._ticker is None or self._ctx.clock.monotonic() - self._ticker.last_round > TICKER_LATE_S
            is_up = mqtt["broker"] == "up"
            restored = self._ctx.hall.policy.restored
            shortage = self._ctx.database.reserve.trouble()
            told = _data_words(restored) if restored else None
            unprinted, mute, wrong = self._paper(), self._voice(), alerts.in_words(self._ctx)
            checks = {
                "database": self._check("database", "failed" if fault else "ok", fault),
                "broker": self._check("broker", "ok" if is_up else "failed", None if is_up else "no link to the broker"),
                "ticker": self._check("ticker", "late" if late else "ok", "nothing happens by itself" if late else None),
                "disk": self._check("disk", "full" if shortage else "ok", shortage),
                "data": self._check("data", ("fenced" if restored.fenced else "restored") if restored else "ok", told),
                "printers": self._check("printers", "unprinted" if unprinted else "ok", unprinted),
                "clock": self._check("clock", "ok" if trusted else "unsynced", _clock_words(self._ctx, trusted=trusted)),
                "voice": self._check("voice", "mute" if mute else "ok", mute),
                "alerts": self._check("alerts", "raised" if wrong else "ok", wrong),
            }
            well = all(checks[name]["status"] == "ok" for name in ("database", "broker", "ticker", "disk", "data"))
            body = {
                "status": "ok" if well else "degraded",
                "version": __version__,
                "boot_id": self._ctx.boot_id,
                "pid": os.getpid(),
                "broker": mqtt["broker"],
                "clock_ok": trusted,
                "bad_payloads": mqtt["bad_payloads"],
                "checks": checks,
                "sync": link_state.sync(self._ctx),
            }
            return body, fault is None

    def readings(self) -> list[Reading]:
        """Return what the box says of itself for its alerts. Writes nothing, unlike `report`."""
        mqtt, mute = self._mqtt(), self._voice()
        is_open = mqtt["open_s"] is not None and mqtt["open_s"] < OPEN_SHOWN_S
        return [
            Reading(What.RULES, None, _sign(bad=is_open)),
            Reading(What.BROKER, None, _sign(bad=mqtt["broker"] != "up")),
            self._disk(),
            Reading(What.CLOCK, None, _sign(bad=not self._ctx.clock.quality().trusted)),
            Reading(What.VOICE, None, _sign(bad=mute is not None)),
        ]

    def _disk(self) -> Reading:
        try:
            free = free_bytes(self._ctx.database.path.parent)
        except OSError:
            return Reading(What.DISK, None, Sign.UNCLEAR)
        is_short = free < ENOUGH_FREE or self._ctx.database.reserve.trouble() is not None
        return Reading(What.DISK, None, Sign.BAD if is_short else Sign.GOOD if free >= WELL_FREE else Sign.UNCLEAR, f"{free // MIB}")

    def _database_fault(self) -> str | None:
        now = self._ctx.clock.monotonic()
        if self._probed is None or now - self._probed[0] > PROBE_EVERY_S:
            try:
                with self._ctx.database.write() as transaction:
                    transaction.probe(instant(self._ctx.clock.wall()))
                self._probed = (now, None)
            except Unavailable as error:
                self._probed = (now, str(error))
        return self._probed[1] or self._ctx.database.fault

    def _check(self, name: str, status: str, detail: str | None) -> View:
        known = self._since.get(name)
        if known is None or known[0] != status:
            known = self._since[name] = (status, instant(self._ctx.clock.wall()))
        return {"status": status, "since": known[1], "detail": detail}
