"""Does the installed centre serve? Asked as everybody asks: over HTTP."""

import json
import threading
import time
import urllib.error
import urllib.request
from typing import Any

from edge.box.machine import run
from edge.box.place import Place
from edge.box.settings import read_settings
from edge.errors import EdgeError, Unavailable

WITHIN_S = 60.0
ASK_EVERY_S = 0.2


def wait(place: Place, version: str) -> None:
    """Return once this version serves this box with its database and its broker. Raises Unavailable with its last words."""
    try:
        wait_at(f"http://127.0.0.1:{read_settings(place.config).http_port}", version, WITHIN_S)
    except Unavailable as error:
        raise Unavailable(f"{error}; {_last_words()}") from error


def wait_at(address: str, version: str, within_s: float) -> None:
    """Return once this version serves at ``address`` with its database and its broker. Raises Unavailable with what is wrong."""
    deadline = time.monotonic() + within_s
    while fault := _fault(f"{address}/healthz", version):
        if time.monotonic() > deadline:
            raise Unavailable(f"release {version} does not serve after {within_s:.0f} s: {fault}")
        threading.Event().wait(ASK_EVERY_S)


def _fault(url: str, version: str) -> str | None:
    try:
        found = asked(url)
        checks = {name: found["checks"][name] for name in ("database", "broker", "ticker")}
        if found["version"] != version:
            return f"version {found['version']} answers"
    except (OSError, ValueError, KeyError) as error:
        return f"{url} does not answer ({error})"
    return next((f"{name}: {check['detail']}" for name, check in checks.items() if check["status"] != "ok"), None)


def asked(url: str) -> Any:
    """Return the health document; it also comes with 503, when the database cannot commit."""
    try:
        with urllib.request.urlopen(url, timeout=5) as answer:  # noqa: S310 -- this machine
            return json.load(answer)
    except urllib.error.HTTPError as error:
        with error:
            return json.load(error)


def _last_words() -> str:
    try:
        said = run("journalctl", "--unit", "edge.service", "--lines", "1", "--output", "cat", "--no-pager").strip()
    except EdgeError:
        said = ""
    return f"its last words: {said}" if said else "it said nothing"


def addresses(place: Place) -> list[str]:
    """Return how browsers of the staff's networks reach the box; by its loopback when it has no other address."""
    settings = read_settings(place.config)
    found = json.loads(run("ip", "-json", "-4", "address", "show", "scope", "global"))
    of_staff = [link for link in found if link and link.get("ifname") not in settings.visitor]
    hosts = [address["local"] for link in of_staff for address in link.get("addr_info", ())]
    return [f"http://{host}:{settings.http_port}" for host in hosts or ["127.0.0.1"]]
