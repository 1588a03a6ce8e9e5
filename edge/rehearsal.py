"""A new release tries itself on a copy of the centre: migrate, start, answer, link to a broker; then everything goes again."""

import json
import shutil
import tempfile
import time
import urllib.request
from pathlib import Path
from threading import Event

import tomlkit

from edge import __version__, backup, config, server
from edge.backup import Manifest
from edge.config import Paths
from edge.devices.rules import free_port
from edge.errors import Unavailable
from edge.lock import Lock

WELL_WITHIN_S = 30.0
ASK_EVERY_S = 0.2
PAGES = ("/", "/login")  # rendered from the copy's data


def rehearse(file: Path, paths: Paths) -> Manifest:
    """Serve a backup with the key of ``paths``, on loopback ports of our own, until it answers well. Call on the main thread.

    Raises Unavailable with what is wrong, ConfigError or Corrupt when it does not start at all.
    """
    with tempfile.TemporaryDirectory(dir=paths.data, prefix=".rehearsal-") as place, backup.unpacked(file, Path(place)) as manifest:
        trial = Paths(Path(place))
        shutil.copy(paths.key, trial.key)
        trial.config.write_text(_settings(), encoding="utf-8")
        box, keys = config.load(trial.config), config.load_keys(trial.key)
        with Lock(trial.lock), server.running(trial, box, keys, demo=False) as centre:
            _wait_well(centre.address)
            for page in PAGES:
                urllib.request.urlopen(f"{centre.address}{page}", timeout=WELL_WITHIN_S).close()
    return manifest


def _settings() -> str:
    """Return an `edge.toml` that takes nothing from the running server."""
    return tomlkit.dumps({"http": {"port": free_port()}, "mqtt": {"port": free_port(), "ws_port": free_port()}})


def _wait_well(address: str) -> None:
    deadline = time.monotonic() + WELL_WITHIN_S
    while fault := _fault(address):
        if time.monotonic() > deadline:
            raise Unavailable(f"release {__version__} does not serve a copy of the centre: {fault}")
        Event().wait(ASK_EVERY_S)


def _fault(address: str) -> str | None:
    try:
        with urllib.request.urlopen(f"{address}/healthz", timeout=5) as answer:
            checks = json.load(answer)["checks"]
    except (OSError, ValueError, KeyError) as error:
        return f"its health page does not answer ({error})"
    return next((f"{name}: {checks[name]['detail']}" for name in ("database", "broker", "ticker") if checks[name]["status"] != "ok"), None)
