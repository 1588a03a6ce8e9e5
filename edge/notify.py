"""Telling systemd how we are: ready, alive, stopping. One datagram each to the socket that `Type=notify` gives (sd_notify(3)); without it nothing.

Alive is said only while the whole chain works: a page of ours answers over HTTP and says that the database commits, and a message of ours came back
from the broker through the worker, both not long ago. A process that merely runs is restarted (`WatchdogSec=`).
"""

import json
import logging
import os
import socket
import threading
import urllib.request
from collections.abc import Callable, Mapping

log = logging.getLogger(__name__)

ANSWERS_WITHIN_S = 5.0
PINGS_PER_PERIOD = 3
FRESH_SHARE = 2 / 3  # of the watchdog's time: 20 s of 30


def tell(state: str, environment: Mapping[str, str] = os.environ) -> bool:
    """Send ``state`` (`READY=1`, …); tells whether there was somebody to send it to. Never raises: nobody listens is no fault of the hall."""
    address = environment.get("NOTIFY_SOCKET")
    if not address:
        return False
    try:
        with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM | socket.SOCK_CLOEXEC) as out:
            out.connect(f"\0{address[1:]}" if address.startswith("@") else address)
            out.sendall(state.encode())
    except OSError as error:
        log.warning("the service manager was not told state=%r error=%s", state, error)
        return False
    return True


def watchdog_s(environment: Mapping[str, str] = os.environ) -> float | None:
    """Return within how many seconds systemd wants to hear from us; None when it does not ask this process."""
    if environment.get("WATCHDOG_PID", str(os.getpid())) != str(os.getpid()):
        return None
    try:
        period = int(environment["WATCHDOG_USEC"]) / 1_000_000
    except (KeyError, ValueError):
        return None
    return period if period > 0 else None


class Watchdog:
    """Says that we live, a few times in each period, while ``commits`` and ``echo_age_s`` prove it. ``echo_age_s``: None before the first echo."""

    def __init__(self, period_s: float, *, commits: Callable[[], bool], echo_age_s: Callable[[], float | None]) -> None:
        self._period_s = period_s
        self._commits = commits
        self._echo_age_s = echo_age_s
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, name="watchdog", daemon=True)

    def start(self) -> None:
        """Begin; returns at once."""
        self._thread.start()

    def stop(self) -> None:
        """Say no more."""
        self._stop.set()
        self._thread.join()

    def _run(self) -> None:
        while True:
            try:
                fault = self._fault()
            except Exception as error:  # whatever it is, we are not well
                log.exception("watchdog could not look")
                fault = repr(error)
            if fault:
                log.error("not alive for the service manager why=%r", fault)
                tell(f"STATUS=not well: {fault}")
            else:
                tell("WATCHDOG=1\nSTATUS=serving")
            if self._stop.wait(self._period_s / PINGS_PER_PERIOD):
                return

    def _fault(self) -> str | None:
        age = self._echo_age_s()
        if age is None or age > self._period_s * FRESH_SHARE:
            return "no message of ours came back from the broker" + (f" for {age:.0f} s" if age is not None else "")
        return None if self._commits() else "our own page does not say that the database commits"


def commits(place: str) -> bool:
    """Ask our own `/healthz` at ``place`` (`host:port`) whether the database commits; it tries at most every two seconds."""
    url = f"http://{place}/healthz"
    try:
        with urllib.request.urlopen(url, timeout=ANSWERS_WITHIN_S) as answer:
            found: object = json.load(answer)["checks"]["database"]["status"]
    except (OSError, ValueError, KeyError):
        return False
    return found == "ok"
