"""A bare Debian 12 from this machine's own mirror, for the long runs that begin with nothing of ours; hence only the standard library."""

import re
import shutil
import subprocess
from collections.abc import Sequence
from pathlib import Path

ROOT = Path(__file__).parents[2]
KEEP = ROOT / ".long"


class FailedError(Exception):
    """Something that must hold on a fresh machine does not."""


def bootstrap(folder: Path, packages: Sequence[str] = ()) -> None:
    """Make the bare system with these packages besides; a folder of that name is whole."""
    fresh = folder.with_name(f"{folder.name}.new")
    shutil.rmtree(fresh, ignore_errors=True)
    include = [f"--include={','.join(packages)}"] if packages else []
    run("debootstrap", "--variant=minbase", *include, "bookworm", str(fresh), mirror())
    fresh.rename(folder)


def mirror() -> str:
    """Return the Debian mirror that this machine's apt is configured with."""
    for path in (Path("/etc/apt/sources.list.d/debian.sources"), Path("/etc/apt/sources.list")):
        if path.exists() and (found := re.search(r"^(?:URIs:|deb(?: \[.*?\])?)\s+(https?://\S+)", path.read_text(), re.MULTILINE)):
            return found[1]
    raise FailedError("no Debian mirror is configured in /etc/apt on this machine")


def run(*command: str) -> None:
    """Run a command; its words are shown only when it fails."""
    done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False)
    if done.returncode != 0:
        raise FailedError(f"{' '.join(command)} ended with {done.returncode}:\n{done.stdout[-3000:]}")


def output(*command: str) -> str:
    """Return a command's standard output."""
    return subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True, cwd=ROOT).stdout.strip()
