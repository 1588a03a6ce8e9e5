"""The demo's switch of the national link: every byte to the national server goes through it, and while it is cut none does.

A real cut: nobody listens any more, and connections that were open are torn. It forwards on a thread of its own and reads nothing of what passes.
"""

import asyncio
import threading
from collections.abc import Coroutine
from contextlib import suppress
from typing import Any

CHUNK_BYTES = 65_536
DONE_WITHIN_S = 5.0


class LinkSwitch:
    """Listens on ``port`` of 127.0.0.1 for what belongs to ``target`` (host, port). `start` and `stop` each once; it begins restored.

    ``server``: the address of the national server itself, past the switch, for people.
    """

    def __init__(self, port: int, target: tuple[str, int], server: str) -> None:
        self.server = server
        self.is_cut = True
        self._port, self._target = port, target
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, name="link-switch", daemon=True)
        self._server: asyncio.Server | None = None
        self._open: set[asyncio.StreamWriter] = set()

    def start(self) -> None:
        """Begin to forward. Raises OSError when the port cannot be had."""
        self._thread.start()
        self.restore()

    def stop(self) -> None:
        """Cut for good."""
        self.cut()
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()

    def cut(self) -> None:
        """Tear everything and listen no more; nothing when it is cut already."""
        self._do(self._close())

    def restore(self) -> None:
        """Listen again; nothing when it is not cut. Raises OSError when the port was taken meanwhile."""
        self._do(self._listen())

    def _do(self, work: Coroutine[Any, Any, None]) -> None:
        asyncio.run_coroutine_threadsafe(work, self._loop).result(DONE_WITHIN_S)

    async def _listen(self) -> None:
        if self._server is None:
            self._server = await asyncio.start_server(self._forward, "127.0.0.1", self._port)
            self.is_cut = False

    async def _close(self) -> None:
        self.is_cut = True
        if self._server is not None:
            self._server.close()
            self._server = None
        for writer in self._open:
            writer.transport.abort()

    async def _forward(self, near: asyncio.StreamReader, to_near: asyncio.StreamWriter) -> None:
        """Carry one connection both ways until either end closes or tears it."""
        self._open.add(to_near)
        try:
            far, to_far = await asyncio.open_connection(*self._target)
        except OSError:  # nobody is there: the caller learns it as from a closed connection
            self._end(to_near)
            return
        self._open.add(to_far)
        try:
            with suppress(OSError):
                if not self.is_cut:  # cut while the far end was being reached
                    await _both(_pour(near, to_far), _pour(far, to_near))
        finally:
            self._end(to_near, to_far)

    def _end(self, *writers: asyncio.StreamWriter) -> None:
        for writer in writers:
            self._open.discard(writer)
            writer.close()  # what is still to be sent is sent


async def _both(*ways: Coroutine[Any, Any, None]) -> None:
    """Wait for both ways to end; when one is torn, the other is. Raises OSError."""
    tasks = [asyncio.ensure_future(way) for way in ways]
    try:
        await asyncio.gather(*tasks)
    finally:
        for task in tasks:
            task.cancel()


async def _pour(source: asyncio.StreamReader, sink: asyncio.StreamWriter) -> None:
    """Copy until the source ends, then let the other side know that it did."""
    while chunk := await source.read(CHUNK_BYTES):
        sink.write(chunk)
        await sink.drain()
    sink.write_eof()
