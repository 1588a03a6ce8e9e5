"""Does the installed centre serve? Asked as everybody asks: over HTTP."""

import json
import threading
import time
import urllib.error
import urllib.request

from edge.box.machine import run
from edge.box.place import Place
from edge.box.settings import read_settings
from edge.errors import EdgeError, Unavailable

WITHIN_S = 60.0
ASK_EVERY_S = 0.5


def wait(place: Place, version: str, within_s: float = WITHIN_S) -> None:
    """Return once this version serves with its database and its broker. Raises Unavailable with what is wrong."""
    deadline = time.monotonic() + within_s
    while fault := _fault(place, version):
        if time.monotonic() > deadline:
            raise Unavailable(f"release {version} does not serve after {within_s:.0f} s: {fault}")
        threading.Event().wait(ASK_EVERY_S)


def _fault(place: Place, version: str) -> str | None:
    url = f"http://127.0.0.1:{read_settings(place.config).http_port}/healthz"
    try:
        with urllib.request.urlopen(url, timeout=5) as answer:
            found = json.load(answer)
        checks = {name: found["checks"][name] for name in ("database", "broker", "ticker")}
        if found["version"] != version:
            return f"version {found['version']} answers"
    except (OSError, ValueError, KeyError) as error:
        return f"{url} does not answer ({error}); {_last_words()}"
    return next((f"{name}: {check['detail']}" for name, check in checks.items() if check["status"] != "ok"), None)


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
