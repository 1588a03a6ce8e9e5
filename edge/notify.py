"""Telling systemd how we are: ready, alive, stopping. One datagram each to the socket that `Type=notify` gives (sd_notify(3)); without it nothing.

Alive is said only while the whole chain works: a page of ours answers over HTTP and says that the database commits, and a message of ours came back
from the broker through the worker, both not long ago. A process that merely runs is restarted (`WatchdogSec=`).
"""

import json
import logging
import os
import socket
import urllib.error
import urllib.request
from collections.abc import Callable, Mapping

log = logging.getLogger(__name__)

ANSWERS_WITHIN_S = 5.0
TELLS_PER_PERIOD = 3
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


def tell_life(period_s: float, commits: Callable[[], bool], echo_age_s: Callable[[], float | None]) -> None:
    """Say that we live if both proofs say so, else only why not; ``echo_age_s``: None before the first echo. To be called a few times a period."""
    age = echo_age_s()
    if age is None or age > period_s * FRESH_SHARE:
        fault = "no message of ours came back from the broker" + (f" for {age:.0f} s" if age is not None else "")
    elif not commits():
        fault = "our own page does not say that the database commits"
    else:
        tell("WATCHDOG=1\nSTATUS=serving")
        return
    log.error("not alive for the service manager why=%r", fault)
    tell(f"STATUS=not well: {fault}")


def commits(place: str) -> bool:
    """Ask our own `/healthz` at ``place`` (`host:port`) whether the database commits; it tries at most every two seconds.

    A full disk is no reason to be started again: it is full afterwards, too.
    """
    url = f"http://{place}/healthz"
    try:
        with urllib.request.urlopen(url, timeout=ANSWERS_WITHIN_S) as answer:
            body = answer.read()
    except urllib.error.HTTPError as error:
        body = error.read()
    except OSError:
        return False
    try:
        checks = json.loads(body)["checks"]
        return bool(checks["database"]["status"] == "ok" or checks["disk"]["status"] == "full")
    except (ValueError, KeyError, TypeError):
        return False
