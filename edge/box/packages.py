"""Debian packages that a box needs, from the archive: what is there already stays as it is, a Mosquitto of somebody else above all."""

import shutil
from pathlib import Path

from edge.box.machine import PATH, Changes, run
from edge.box.release import Release, this_machine
from edge.errors import Unavailable

PROGRAMS = {"mosquitto": "mosquitto", "mosquitto_pub": "mosquitto-clients", "espeak-ng": "espeak-ng", "chronyd": "chrony", "nft": "nftables"}
WELCOME = frozenset({"espeak-ng"})  # a box works without: calls then have a chime and no words
POLICY = Path("/usr/sbin/policy-rc.d")
# ours are started by our own units; chrony by its own, as always
QUIET = '#!/bin/sh\n# kezek-edge: while it installs\ncase "$1" in mosquitto*|nftables*) exit 101 ;; esac\nexit 0\n'


def ensure(payload: Release, changes: Changes) -> None:
    """Install what is missing. Raises Unavailable when the archive has not got it, or apt cannot."""
    missing = [package for program, package in PROGRAMS.items() if shutil.which(program, path=PATH) is None]
    if not missing:
        return
    source = payload.folder / "debs" / this_machine()
    if not source.is_dir():
        needed = [package for package in missing if package not in WELCOME]
        if needed:
            raise Unavailable(f"{', '.join(needed)} must be installed first: this archive has no Debian packages for {this_machine()}")
        changes.note(f"{', '.join(missing)} not installed: this archive has no Debian packages for {this_machine()}")
        return
    lists = payload.folder / "apt-lists"
    (lists / "partial").mkdir(parents=True, exist_ok=True)
    (payload.folder / "sources.list").write_text(f"deb [trusted=yes] file:{source} ./\n", encoding="utf-8")
    settings = {
        "Dir::Etc::SourceList": str(payload.folder / "sources.list"),
        "Dir::Etc::SourceParts": "-",
        "Dir::State::Lists": str(lists),
        "APT::Install-Recommends": "false",
        "APT::Sandbox::User": "root",
        "DPkg::Lock::Timeout": "300",
    }
    apt = ("apt-get", "-y", "-qq", *(option for name, value in settings.items() for option in ("-o", f"{name}={value}")))
    run(*apt, "update")
    _quietly(*apt, "install", *missing)
    changes.note(f"installed {', '.join(missing)} from the archive")
    if "mosquitto" in missing:
        run("systemctl", "mask", "--now", "mosquitto.service")
        changes.note("Debian's own Mosquitto service stays off: the box has a unit of its own")


def _quietly(*command: str) -> None:
    """Run apt while a policy keeps it from starting what it installs; somebody else's policy stays."""
    ours = not POLICY.exists()
    if ours:
        POLICY.write_text(QUIET, encoding="utf-8")
        POLICY.chmod(0o755)
    try:
        run(*command, env={"DEBIAN_FRONTEND": "noninteractive"})
    finally:
        if ours:
            POLICY.unlink(missing_ok=True)
