"""A box in a container: Debian with its own systemd, files, users, network and power switch, from a root that is never written.

The root below may be a debootstrap one or this machine's own `/`. What the box writes lies on a disk (a folder) or in memory above it, and
survives power cuts. Everything is held by descriptors and dies with this process; only empty control groups can stay, and the next box
sweeps them.
"""

import contextlib
import os
import select
import signal
import subprocess
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Self, TypeVar

from tests.box.namespaces import Namespace
from tests.box.network import FACES, Face, wire

T = TypeVar("T")

UP_WITHIN_S = 60.0
SWEPT_WITHIN_S = 2.0
POLL_S = 0.05
GROUPS = Path("/sys/fs/cgroup")
ENVIRONMENT = {"PATH": "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin", "HOME": "/root", "LANG": "C.UTF-8", "TERM": "dumb"}
# Run in a mount and process namespace of one boot. A group of its own: two boxes in one would end each other's units.
BOOT = """
for group in $4; do mkdir -p "$group"; echo 0 >"$group/cgroup.procs"; done
: >"$1/net"; mount --bind /proc/self/fd/"$3" "$1/net"
name=$2 folder=$1; shift 4
exec systemd-nspawn --quiet --boot --register=no --keep-unit --network-namespace-path="$folder/net" --capability=CAP_NET_ADMIN \
    --directory="$folder/root" --machine="$name" --console=read-only "$@"
"""


class BoxFailedError(AssertionError):
    """A box, or a command in it, did not do what it must; the message has its last words."""


class Box:
    """One box; `boot` it, or use it as a context that is off again at its end.

    ``below``: the root that is never written, in layers, the uppermost first. ``folder`` is its own: there the root is put together, and what
    the box writes is kept there unless ``in_memory``.
    ``binds`` are folders of ours that it sees, as a USB stick: where in the box -> which.
    """

    def __init__(self, name: str, below: Sequence[Path], folder: Path, *, in_memory: bool = False, binds: Mapping[str, Path] | None = None) -> None:
        self.name = name
        self.folder = folder
        self.outside = {face: Namespace("net") for face in FACES}
        self._binds = dict(binds or {})
        self._mounts = Namespace("mnt")
        self._network: Namespace | None = None
        self._process: subprocess.Popen[bytes] | None = None
        self._leader = 0
        self.booted_at = 0.0
        self._disk(below, in_memory=in_memory)

    def _disk(self, below: Sequence[Path], *, in_memory: bool) -> None:
        for part in ("disk", "root"):
            (self.folder / part).mkdir(parents=True, exist_ok=True)
        if in_memory:
            self._mounts.run("mount", "-t", "tmpfs", "-o", "mode=755", "disk", str(self.folder / "disk"))
        disk = self.folder / "disk"
        self._mounts.run("mkdir", "-p", f"{disk}/upper", f"{disk}/work")
        layers = f"lowerdir={':'.join(map(str, below))},upperdir={disk}/upper,workdir={disk}/work"
        self._mounts.run("mount", "-t", "overlay", "-o", layers, self.name, str(self.folder / "root"))

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    # Power.

    def boot(self) -> Self:
        """Switch it on; returns as soon as its first process runs, long before anything is served."""
        assert self._process is None, f"{self.name} runs already"
        self._network = Namespace("net")
        for face in FACES:
            wire(face, self._network, self.outside[face])
        binds = [f"--bind={ours}:{there}" for there, ours in self._binds.items()]
        arguments = (str(self.folder), self.name, str(self._network.descriptor), " ".join(map(str, self._groups())), *binds)
        unshare = ("unshare", "--mount", "--pid", "--fork", "--kill-child", "--mount-proc")
        command = self._mounts.command("setpriv", "--pdeathsig", "KILL", *unshare, "sh", "-euc", BOOT, "boot", *arguments)
        passed = (self._mounts.descriptor, self._network.descriptor)
        self.booted_at = time.monotonic()
        with self.console.open("ab") as said:
            self._process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=said, stderr=said, pass_fds=passed, start_new_session=True)
        self._leader = self.wait("its first process", self._first_process, 10)
        return self

    def cut_power(self) -> None:
        """End every process of it at one instant, without a word to any of them."""
        os.kill(self._leader, signal.SIGKILL)  # the first process of its namespace: the kernel ends all others with it
        self._gone(10)

    def shut_down(self) -> None:
        """Switch it off as its power key does."""
        self.run("systemctl poweroff", check=False)
        self._gone(60)

    def close(self) -> None:
        """Off, and all of it gone but its folder."""
        if self._process is not None:
            with contextlib.suppress(ProcessLookupError):
                if self._leader:
                    os.kill(self._leader, signal.SIGKILL)  # the rest ends by itself, and each is waited for by its parent
                else:
                    os.killpg(self._process.pid, signal.SIGKILL)
            self._gone(10)
        for namespace in (self._mounts, *self.outside.values()):
            namespace.close()

    def _gone(self, within_s: float) -> None:
        assert self._process is not None, f"{self.name} does not run"
        assert self._network is not None
        try:
            self._process.wait(within_s)
        except subprocess.TimeoutExpired:
            os.killpg(self._process.pid, signal.SIGKILL)
            self._process.wait(10)
            raise BoxFailedError(f"{self.name} was not off after {within_s:.0f} s\n{self.last_words()}") from None
        finally:
            self._process, self._leader = None, 0
            self._network.close()
            self._sweep()
            deadline = time.monotonic() + SWEPT_WITHIN_S
            while any(group.exists() for group in self._groups()) and time.monotonic() < deadline:  # the last processes are on their way out
                time.sleep(POLL_S)
                self._sweep()

    def _first_process(self) -> int:
        """The box's first process in our numbers, once it has become systemd; 0 before."""
        assert self._process is not None
        if self._process.poll() is not None:
            raise BoxFailedError(f"{self.name} ended at once with {self._process.returncode}\n{self.last_words()}")
        for pid in _descendants(self._process.pid):
            with contextlib.suppress(FileNotFoundError, ProcessLookupError):
                status = Path(f"/proc/{pid}/status").read_text()
                numbers = next(line.split()[1:] for line in status.splitlines() if line.startswith("NSpid:"))
                if len(numbers) == 3 and numbers[2] == "1" and status.startswith("Name:\tsystemd\n"):
                    return pid
        return 0

    def _groups(self) -> list[Path]:
        return [path / f"kezek-{self.name}-{os.getpid()}" for path in _hierarchies()]

    def _sweep(self) -> None:
        """Drop the groups of boxes that are no more."""
        for hierarchy in _hierarchies():
            for group in hierarchy.glob("kezek-*"):
                if (pid := int(group.name.rpartition("-")[2])) == os.getpid() or not Path(f"/proc/{pid}").exists():
                    for folder, _, _ in os.walk(group, topdown=False):
                        with contextlib.suppress(OSError):  # another box of ours that runs
                            Path(folder).rmdir()

    # Inside.

    def command(self, *command: str) -> list[str]:
        """Return a command line of ours that runs ``command`` in the box, as root."""
        clean = ["env", "-i", *(f"{name}={value}" for name, value in ENVIRONMENT.items())]
        return ["nsenter", "--target", str(self._leader), "--mount", "--uts", "--ipc", "--net", "--pid", "--root", "--wd", "--", *clean, *command]

    def run(self, script: str, *, within_s: float = 60.0, check: bool = True, typed: str = "") -> subprocess.CompletedProcess[str]:
        """Run a line of shell in the box, as root in its root directory; both outputs come as one. Raises BoxFailedError unless it may fail."""
        command = self.command("bash", "-c", script)
        try:
            done = subprocess.run(command, input=typed, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, timeout=within_s, check=False)
        except subprocess.TimeoutExpired as error:
            raise BoxFailedError(f"{self.name}: `{script}` was not done after {within_s:.0f} s\n{_text(error.output)}\n{self.last_words()}") from None
        if check and done.returncode != 0:
            raise BoxFailedError(f"{self.name}: `{script}` ended with {done.returncode}\n{done.stdout}\n{self.last_words()}")
        return done

    def says(self, script: str, *, within_s: float = 60.0) -> str:
        """Return what a line of shell says in the box, stripped."""
        return self.run(script, within_s=within_s).stdout.strip()

    def asked(self, script: str, answers: Sequence[str], *, within_s: float = 60.0) -> subprocess.CompletedProcess[str]:
        """Run a line of shell on a terminal, and type an answer each time it asks: when it says a colon and then waits."""
        ours, theirs = os.openpty()
        command = self.command("setsid", "--ctty", "bash", "-c", script)
        left, said, deadline = list(answers), b"", time.monotonic() + within_s
        with subprocess.Popen(command, stdin=theirs, stdout=theirs, stderr=theirs) as process:
            os.close(theirs)
            while time.monotonic() < deadline:
                if not select.select([ours], [], [], POLL_S)[0]:
                    continue
                try:
                    said += os.read(ours, 4096)
                except OSError:  # the other side is closed
                    break
                if left and said.endswith(b": "):
                    os.write(ours, left.pop(0).encode() + b"\n")
            if time.monotonic() > deadline:
                process.kill()
        os.close(ours)
        return subprocess.CompletedProcess(command, process.returncode, said.decode().replace("\r", ""))

    def put(self, ours: Path, there: str) -> None:
        """Copy a file of ours into the box, on or off. `/run` and `/tmp` are made anew at each boot."""
        self._mounts.run("install", "-D", "-m", "644", str(ours), f"{self.folder}/root{there}")

    def write(self, there: str, text: str) -> None:
        """Write a small file in the box, on or off."""
        self._mounts.run("install", "-D", "-m", "644", "/dev/stdin", f"{self.folder}/root{there}", input=text)

    def prepare(self, script: str) -> None:
        """Change the box's files while it is off, by a line of shell that begins in its root directory."""
        self._mounts.run("sh", "-euc", f'cd "{self.folder}/root"; {script}')

    def wait(self, what: str, look: Callable[[], T], within_s: float = 30.0) -> T:
        """Return the first true answer of ``look``. Raises BoxFailedError with the box's last words when there is none in time."""
        deadline = time.monotonic() + within_s
        while not (found := look()):
            if time.monotonic() > deadline:
                raise BoxFailedError(f"{self.name}: waited {within_s:.0f} s for {what}; the last answer was {found!r}\n{self.last_words()}")
            time.sleep(POLL_S)  # the step of a poll with a deadline
        return found

    def wait_up(self, within_s: float = UP_WITHIN_S) -> str:
        """Wait until systemd has nothing left to start; returns its word: running, or degraded when a unit failed."""
        settled = ("running", "degraded", "maintenance")

        def word() -> str:
            found = self.run("systemctl is-system-running", check=False).stdout.strip()
            return found if found in settled else ""

        return self.wait("systemd to be done", word, within_s)

    # Outside.

    @contextlib.contextmanager
    def at(self, face: Face) -> Iterator[None]:
        """The calling thread is on the box's network of ``face``."""
        with self.outside[face].entered():
            yield

    @property
    def console(self) -> Path:
        """What the box said on its console, of all boots."""
        return self.folder / "console.log"

    def last_words(self, lines: int = 25) -> str:
        """Return the end of journal or console, for messages."""
        if self._leader:
            with contextlib.suppress(subprocess.SubprocessError):
                command = self.command("journalctl", "--no-pager", "--lines", str(lines), "--output", "short")
                return subprocess.run(command, capture_output=True, text=True, timeout=10, check=True).stdout
        return "\n".join(self.console.read_text(errors="replace").splitlines()[-lines:]) if self.console.exists() else ""


def _hierarchies() -> list[Path]:
    """Where systemd keeps its groups on this machine: one hierarchy, or the old and the new one side by side."""
    return [GROUPS] if (GROUPS / "cgroup.procs").exists() else [path for path in (GROUPS / "unified", GROUPS / "systemd") if path.exists()]


def _descendants(pid: int) -> Iterator[int]:
    with contextlib.suppress(FileNotFoundError, ProcessLookupError):
        for child in Path(f"/proc/{pid}/task/{pid}/children").read_text().split():
            yield int(child)
            yield from _descendants(int(child))


def _text(said: str | bytes | None) -> str:
    return said.decode(errors="replace") if isinstance(said, bytes) else said or ""
