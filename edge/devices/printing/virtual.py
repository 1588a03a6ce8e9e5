"""A printer without paper: it listens as a network printer does, understands what we send, and writes each ticket that is cut as a PNG.

The demo prints with it, and the tests let it run out of paper, grow slow, fall silent and hang up in the middle.
"""

import io
import socket
import socketserver
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path

from edge.devices.printing import answers

SHEETS_KEPT = 200
LONGEST_SILENCE_S = 30
HOLD_STEP_S = 0.02
_HEAD = 8  # bytes before the dots of GS v 0
_WELL, _OFFLINE_PAPER, _ROLL_OUT, _OPEN = 0x12, 0x32, 0x72, 0x16
_LENGTHS = {b"\x1b@": 2, b"\x1bd": 3, b"\x1dV": 4, b"\x10\x04": 3, b"\x1dr": 3}


@dataclass
class Mood:
    """What a test or a person does to the printer. ``rows_left``: until the paper ends, None: never.

    ``hangs_up_after``, ``holds_after``: bytes of one call, behind which it hangs up, or takes nothing more until this is None again.
    """

    covered: bool = True
    silent: bool = False
    rows_left: int | None = None
    hangs_up_after: int | None = None
    holds_after: int | None = None
    pause_s: float = 0


@dataclass
class VirtualPrinter:
    """Serve with `serving`. ``sheets``: the tickets that were cut, as files in ``folder``; ``taken``: bytes of the call that goes on."""

    folder: Path
    mood: Mood = field(default_factory=Mood)
    sheets: list[Path] = field(default_factory=list)
    port: int = 0
    taken: int = 0

    @property
    def address(self) -> str:
        """Where it listens, as `edge.toml` has it."""
        return f"tcp://127.0.0.1:{self.port}"

    @property
    def has_paper(self) -> bool:
        """Tell whether the roll has not come to its end."""
        return self.mood.rows_left is None or self.mood.rows_left > 0

    def take(self, call: socket.socket) -> None:
        """Read one caller's commands to the end, and print."""
        call.settimeout(LONGEST_SILENCE_S)
        buffer, strip = bytearray(), _Strip()
        try:
            while chunk := call.recv(4096):
                self.taken += len(chunk)
                while self.mood.holds_after is not None and self.taken >= self.mood.holds_after:
                    time.sleep(HOLD_STEP_S)
                if self.mood.hangs_up_after is not None and self.taken >= self.mood.hangs_up_after:
                    return
                time.sleep(self.mood.pause_s)
                buffer += chunk
                while command := _next(buffer):
                    self._obey(command, strip, call)
        finally:
            self.taken = 0

    def _obey(self, command: bytes, strip: "_Strip", call: socket.socket) -> None:
        if command.startswith(b"\x1dv0"):
            self._print(command, strip)
        elif command == answers.ASK_OFFLINE:
            self._say(call, _OFFLINE_PAPER if not self.has_paper else _WELL if self.mood.covered else _OPEN)
        elif command == answers.ASK_PAPER:
            self._say(call, _WELL if self.has_paper else _ROLL_OUT)
        elif command == answers.ASK_WHEN_DONE and self.has_paper:
            self._say(call, 0)
        elif command.startswith(b"\x1dV") and strip.rows:
            self._cut(strip)

    def _print(self, command: bytes, strip: "_Strip") -> None:
        width, rows = int.from_bytes(command[4:6], "little"), int.from_bytes(command[6:8], "little")
        if self.mood.rows_left is not None:
            rows = min(rows, self.mood.rows_left)
            self.mood.rows_left -= rows
        strip.width, strip.rows = width, strip.rows + rows
        strip.dots += command[_HEAD : _HEAD + width * rows]

    def _cut(self, strip: "_Strip") -> None:
        """Write the ticket, and throw away the oldest; a folder that was removed is a ticket that fell to the floor."""
        name = f"{time.strftime('%H%M%S')}-{len(self.sheets):04d}.png"
        self.folder.mkdir(parents=True, exist_ok=True)
        fresh = self.folder / f"{name}.new"
        fresh.write_bytes(strip.png())
        fresh.replace(self.folder / name)
        strip.clear()
        self.sheets.append(self.folder / name)
        for old in sorted(self.folder.glob("*.png"), key=lambda path: path.stat().st_mtime)[:-SHEETS_KEPT]:
            old.unlink(missing_ok=True)

    def _say(self, call: socket.socket, byte: int) -> None:
        if not self.mood.silent:
            call.sendall(bytes([byte]))


@dataclass
class _Strip:
    """The paper since the last cut."""

    width: int = 0
    rows: int = 0
    dots: bytearray = field(default_factory=bytearray)

    def png(self) -> bytes:
        from PIL import Image

        inverted = bytes(self.dots).translate(bytes(255 - byte for byte in range(256)))
        file = io.BytesIO()
        Image.frombytes("1", (self.width * 8, self.rows), inverted).save(file, "PNG")
        return file.getvalue()

    def clear(self) -> None:
        self.width, self.rows, self.dots = 0, 0, bytearray()


def _next(buffer: bytearray) -> bytes:
    """Take the first whole command off ``buffer``; empty while there is none. What is no command is dropped, as printers do."""
    while len(buffer) > 1:
        start = bytes(buffer[:2])
        length = _LENGTHS.get(start)
        if start == b"\x1dv":
            size = int.from_bytes(buffer[4:6], "little") * int.from_bytes(buffer[6:8], "little")
            length = _HEAD + size if len(buffer) >= _HEAD else _HEAD
        if length is None:
            del buffer[:1]
            continue
        if len(buffer) < length:
            break
        command = bytes(buffer[:length])
        del buffer[:length]
        return command
    return b""


@contextmanager
def serving(printer: VirtualPrinter) -> Iterator[VirtualPrinter]:
    """Let the printer listen on 127.0.0.1 while the block lasts, on its ``port``, or on a free one."""

    class Call(socketserver.BaseRequestHandler):
        def handle(self) -> None:
            with suppress(OSError):  # the caller hung up
                printer.take(self.request)

    with _Server(("127.0.0.1", printer.port), Call) as server:
        printer.port = server.server_address[1]
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, name="virtual-printer", daemon=True)
        thread.start()
        try:
            yield printer
        finally:
            printer.mood.holds_after = None
            server.shutdown()
            thread.join()


class _Server(socketserver.TCPServer):
    """One caller after the other, as a printer has one cable."""

    allow_reuse_address = True
