"""The long run of the box: `python -m tests.box [--seed N] [PART…]`, as root; all parts without a name.

What is tested is the last commit, not the work tree. A part that failed is named again to go on there: base and archives are kept in `.long/`.
A container has this machine's clock, so a box that wakes up in 1970 is left to `tests/operations/test_day.py`.
"""

import argparse
import fcntl
import os
import shutil
import subprocess
import sys
import traceback
from collections.abc import Callable

from tests.box import hardening, installing, power, restoring, tasks, updating
from tests.box.stage import Stage, make_base
from tests.long.bare import KEEP, FailedError

PARTS: dict[str, Callable[[Stage], None]] = {
    "install": installing.play,
    "power": power.play,
    "update": updating.play,
    "restore": restoring.play,
    "harden": hardening.play,
    "tasks": tasks.play,
}
PROGRAMS = {"debootstrap": "debootstrap", "systemd-nspawn": "systemd-container", "ip": "iproute2", "nsenter": "util-linux"}


def main() -> int:
    """Play the wanted parts."""
    parser = argparse.ArgumentParser(prog="tests/long.sh box", description="The box, installed and hurt in containers with a systemd of their own.")
    parser.add_argument("parts", nargs="*", metavar="PART", help=f"{', '.join(PARTS)}; all without a name")
    parser.add_argument("--seed", type=int, default=int.from_bytes(os.urandom(3)))
    given = parser.parse_args()
    if unknown := [part for part in given.parts if part not in PARTS]:
        parser.error(f"part {unknown[0]} is unknown: must be {', '.join(PARTS)}")
    missing = sorted(package for program, package in PROGRAMS.items() if shutil.which(program) is None)
    if os.geteuid() != 0 or missing:
        print(f"this needs root{''.join(f', {package}' for package in missing)}", file=sys.stderr)
        return 2
    print(f"seed {given.seed}", flush=True)
    KEEP.mkdir(exist_ok=True)
    with (KEEP / "box.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)  # another run has the same folders
        make_base()
        held = [_held(part, given.seed) for part in given.parts or PARTS]  # one that fails does not keep the others from being played
    return 0 if all(held) else 1


def _held(part: str, seed: int) -> bool:
    stage = Stage(part, seed)
    stage.end()  # what a run that failed left on the stick
    try:
        PARTS[part](stage)
    except (AssertionError, FailedError, OSError, subprocess.SubprocessError):
        traceback.print_exc()
        print(f"box {part}: FAILED, seed {seed}", file=sys.stderr)
        return False
    stage.end()
    stage.say("held")
    return True


if __name__ == "__main__":
    sys.exit(main())
