"""The way to a printer: a network socket, or a device file of the kernel (USB: `/dev/usb/lp0`, serial: `/dev/ttyUSB0`); one file descriptor.

Every step has a time within which it must be done: a printer that is off or stuck holds up nobody but its own thread.
"""

import os
import select
import socket
import termios
import time
from collections.abc import Iterator
from contextlib import contextmanager

PORT, SPEED = 9100, "19200"
SPEEDS = {str(speed): getattr(termios, f"B{speed}") for speed in (9600, 19200, 38400, 57600, 115200)}
_FILE = r"/dev/[A-Za-z0-9/._-]+"
ADDRESS = rf"^(tcp://[A-Za-z0-9._-]+(:[0-9]{{1,5}})?|file:{_FILE}|serial:{_FILE}(:({'|'.join(SPEEDS)}))?)$"
CHUNK = 4096


class CableError(Exception):
    """The printer is not reached, or not any more."""


class Cable:
    """An open way. Both ends may speak at any time."""

    def __init__(self, descriptor: int) -> None:
        self._descriptor = descriptor

    def send(self, data: bytes, within_s: float) -> None:
        """Hand over all of ``data``. Raises CableError when the printer takes nothing for ``within_s`` seconds, or is gone."""
        left = memoryview(data)
        while left:
            if not select.select([], [self._descriptor], [], within_s)[1]:
                raise CableError(f"it took nothing for {within_s:g} s")
            try:
                left = left[os.write(self._descriptor, left[:CHUNK]) :]
            except BlockingIOError:
                continue
            except OSError as error:
                raise CableError(str(error)) from error

    def answer(self, within_s: float) -> bytes:
        """Return what the printer says next; empty when it says nothing in time. Raises CableError when it is gone."""
        until = time.monotonic() + within_s
        while (left := until - time.monotonic()) > 0:
            if select.select([self._descriptor], [], [], left)[0] and (answer := self._read()):
                return answer
        return b""

    def forget_old_answers(self) -> None:
        """Drop what the printer said before it was asked. Raises CableError when it is gone."""
        while select.select([self._descriptor], [], [], 0)[0] and self._read():
            pass

    def _read(self) -> bytes:
        try:
            answer = os.read(self._descriptor, 64)
        except BlockingIOError:
            return b""
        except OSError as error:
            raise CableError(str(error)) from error
        if not answer:
            raise CableError("it hung up")
        return answer


@contextmanager
def opened(address: str, within_s: float) -> Iterator[Cable]:
    """Open the way to ``address`` (`ADDRESS`) while the block lasts. Raises CableError when there is none."""
    scheme, _, rest = address.partition(":")
    try:
        with _socket(rest.removeprefix("//"), within_s) if scheme == "tcp" else _file(scheme, rest) as descriptor:
            yield Cable(descriptor)
    except (OSError, OverflowError, termios.error) as error:  # a port beyond the last one overflows; termios has an error of its own
        raise CableError(str(error)) from error


@contextmanager
def _socket(place: str, within_s: float) -> Iterator[int]:
    host, _, port = place.partition(":")
    with socket.create_connection((host, int(port or PORT)), timeout=within_s) as connection:
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        connection.setblocking(False)
        yield connection.fileno()


@contextmanager
def _file(scheme: str, rest: str) -> Iterator[int]:
    path, _, speed = rest.partition(":")
    descriptor = os.open(path, os.O_RDWR | os.O_NOCTTY | os.O_NONBLOCK)
    try:
        if scheme == "serial":
            _set_speed(descriptor, SPEEDS[speed or SPEED])
        yield descriptor
    finally:
        os.close(descriptor)


def _set_speed(descriptor: int, speed: int) -> None:
    """Raw bytes, eight bits, no parity, the printer stops us by its hardware lines."""
    settings = termios.tcgetattr(descriptor)
    settings[0] = settings[1] = settings[3] = 0
    settings[2] = termios.CS8 | termios.CREAD | termios.CLOCAL | termios.CRTSCTS
    settings[4] = settings[5] = speed
    termios.tcsetattr(descriptor, termios.TCSANOW, settings)
