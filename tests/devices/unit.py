"""What systemd does for `edge-broker.service`, in a thread: starts Mosquitto again whenever it ends, and acts on `reload` and `restart`."""

import os
import pwd
import shutil
import subprocess
import tempfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Self

from edge.devices.mosquitto import find_mosquitto
from tests.demo_process import POLL_S

RESTART_AFTER_S = 0.2  # RestartSec=1 on a box


@contextmanager
def folder() -> Iterator[Path]:
    """As the installation makes it: ours, setgid, of the broker's group, which may only read. As root under a path that the broker can walk."""
    made = Path(tempfile.mkdtemp(prefix="edge-broker-"))
    try:
        os.chown(made, -1, _user().pw_gid if os.getuid() == 0 else -1)
        made.chmod(0o2750)
        yield made
    finally:
        shutil.rmtree(made)


class Systemd:
    """Use as a context. ``acted`` has what was done, in order: start, reload, restart."""

    def __init__(self, folder: Path) -> None:
        self.acted: list[str] = []
        self.process: subprocess.Popen[bytes] | None = None
        self._folder = folder
        self._seen = {name: self._mark(name) for name in ("reload", "restart")}
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._run)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stopping.set()
        self._thread.join()
        if self.process:
            self.process.kill()
            self.process.wait()

    @property
    def pid(self) -> int:
        assert self.process
        return self.process.pid

    def _run(self) -> None:
        while not self._stopping.wait(POLL_S):
            if self.process is None or self.process.poll() is not None:
                self._start()
            for name, seen in self._seen.items():
                mark = self._mark(name)
                if mark != seen:
                    self._seen[name] = mark
                    self._act(name)

    def _start(self) -> None:
        if self.process is not None and self._stopping.wait(RESTART_AFTER_S):
            return
        user = _user() if os.getuid() == 0 else None
        self.process = subprocess.Popen(
            [find_mosquitto(), "-c", str(self._folder / "mosquitto.conf")],
            stderr=subprocess.DEVNULL,
            user=user.pw_uid if user else None,
            group=user.pw_gid if user else None,
            extra_groups=[] if user else None,
        )
        self.acted.append("start")

    def _act(self, name: str) -> None:
        self.acted.append(name)
        assert self.process
        if name == "reload":
            self.process.send_signal(1)
        else:
            self.process.terminate()
            self.process.wait()
            self._start()

    def _mark(self, name: str) -> str | None:
        with suppress(FileNotFoundError):
            return (self._folder / name).read_text(encoding="ascii")
        return None


def _user() -> pwd.struct_passwd:
    for name in ("mosquitto", "nobody"):
        with suppress(KeyError):
            return pwd.getpwnam(name)
    raise AssertionError("nobody is there to run a broker")
