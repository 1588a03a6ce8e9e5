"""Mount and network namespaces that live as long as a descriptor of ours: whatever ends this process leaves nothing mounted and no interface.

A thread that is `entered` in a network makes its sockets there, and so do the threads and processes it starts meanwhile.
"""

import ctypes
import os
import subprocess
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Literal, Self

Kind = Literal["mnt", "net"]
FLAGS: dict[Kind, int] = {"mnt": 0x0002_0000, "net": 0x4000_0000}  # CLONE_NEWNS, CLONE_NEWNET of sched.h
OPTIONS: dict[Kind, str] = {"mnt": "--mount", "net": "--net"}
_libc = ctypes.CDLL(None, use_errno=True)


class Namespace:
    """One namespace; it ends with `close`, with the last process in it, or with this process."""

    def __init__(self, kind: Kind) -> None:
        self.kind: Kind = kind
        self._opened: list[int | OSError] = []
        thread = threading.Thread(target=self._open)  # a thread of its own: nobody else shall be moved
        thread.start()
        thread.join()
        found = self._opened[0]
        if isinstance(found, OSError):
            raise found
        self.descriptor = found

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _open(self) -> None:
        try:
            _checked(_libc.unshare(FLAGS[self.kind]))
            if self.kind == "mnt":
                subprocess.run(["mount", "--make-rprivate", "/"], check=True)
            else:
                subprocess.run(["ip", "link", "set", "lo", "up"], check=True)
            self._opened.append(os.open(f"/proc/thread-self/ns/{self.kind}", os.O_RDONLY | os.O_CLOEXEC))
        except OSError as error:
            self._opened.append(error)

    def close(self) -> None:
        """Let it go."""
        os.close(self.descriptor)

    def command(self, *command: str) -> list[str]:
        """Return ``command`` as it is run in here by a child that inherits `descriptor`."""
        return ["nsenter", f"{OPTIONS[self.kind]}=/proc/self/fd/{self.descriptor}", "--", *command]

    def run(self, *command: str, **options: object) -> subprocess.CompletedProcess[str]:
        """Run a command in here; it must succeed, else CalledProcessError."""
        passed: Sequence[int] = (self.descriptor,)
        return subprocess.run(self.command(*command), pass_fds=passed, check=True, text=True, **options)  # type: ignore[call-overload,no-any-return]

    @contextmanager
    def entered(self) -> Iterator[None]:
        """The calling thread is in this network while the block lasts."""
        before = os.open("/proc/thread-self/ns/net", os.O_RDONLY | os.O_CLOEXEC)
        try:
            _checked(_libc.setns(self.descriptor, FLAGS["net"]))
            try:
                yield
            finally:
                _checked(_libc.setns(before, FLAGS["net"]))
        finally:
            os.close(before)


def _checked(result: int) -> None:
    if result != 0:
        number = ctypes.get_errno()
        raise OSError(number, os.strerror(number))
