"""A new release tries itself on a copy of the centre: migrate, start, answer, link to a broker; then everything goes again."""

import shutil
import tempfile
import urllib.request
from pathlib import Path

import tomlkit

from edge import __version__, backup, config, server
from edge.backup import Manifest
from edge.box import health
from edge.config import Paths
from edge.devices.rules import free_port
from edge.lock import Lock

WELL_WITHIN_S = 30.0
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
            health.wait_at(centre.address, __version__, WELL_WITHIN_S)
            for page in PAGES:
                urllib.request.urlopen(f"{centre.address}{page}", timeout=WELL_WITHIN_S).close()
    return manifest


def _settings() -> str:
    """Return an `edge.toml` that takes nothing from the running server."""
    return tomlkit.dumps({"http": {"port": free_port()}, "mqtt": {"port": free_port(), "ws_port": free_port()}})
