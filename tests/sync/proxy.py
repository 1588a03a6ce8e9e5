"""A TCP proxy that does to a connection what networks do: slow, silent one way, reset, flapping. What passes through it is never changed.

It runs in a thread of its own. `Link.weather` is replaced as a whole by any thread and holds for the next bytes of every connection. Counted is
what came, so that a test can tell progress from a busy loop.
"""

import asyncio
import contextlib
import random
import socket
import struct
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace

CHUNK = 16_384
LOOK_S = 0.01  # how often a held connection looks at the weather


@dataclass(frozen=True, slots=True)
class Weather:
    """``up``: from the client, ``down``: to it, in bytes a second; None is unlimited, 0 lets nothing through and says nothing.

    ``shared``: all connections together have so much, not each of them.
    ``stall``: of a thousand chunks, how many are held up for ``stall_s`` (what the loss of packets looks like from above TCP).
    ``refuses``: a new connection is closed at once.
    """

    up: float | None = None
    down: float | None = None
    stall: int = 0
    stall_s: float = 0.2
    refuses: bool = False
    shared: bool = False


CLEAR = Weather()
CUT = Weather(up=0, down=0)  # nothing passes, nothing is said: a pulled cable
DEAF = Weather(down=0)  # requests arrive, answers do not: asymmetric
MUTE = Weather(up=0)  # the other way round
REFUSED = Weather(refuses=True)


@dataclass
class Counts:
    """``connections``: how many were opened by the client; ``up``, ``down``: bytes let through."""

    connections: int = 0
    up: int = 0
    down: int = 0


@dataclass
class Link:
    """A proxy from ``port`` of 127.0.0.1 to ``target``, a port of 127.0.0.1, until `close`."""

    target: int
    weather: Weather = CLEAR
    seed: int = 1
    counts: Counts = field(default_factory=Counts)
    port: int = 0

    def __post_init__(self) -> None:
        self._random = random.Random(self.seed)
        self._loop = asyncio.new_event_loop()
        self._open: set[asyncio.StreamWriter] = set()
        self._turns = {"up": asyncio.Lock(), "down": asyncio.Lock()}
        self._ready = threading.Event()
        self._thread = threading.Thread(target=self._run, name="fault-proxy")
        self._thread.start()
        self._ready.wait()

    @property
    def url(self) -> str:
        """Its address as a base URL."""
        return f"http://127.0.0.1:{self.port}"

    def reset(self) -> None:
        """End every connection as a rebooted router does: with RST."""
        self._loop.call_soon_threadsafe(self._reset)

    def cut(self) -> None:
        """Pull the cable: what is open stays silent, what is new gets nothing."""
        self.weather = CUT

    def mend(self) -> None:
        """Let everything through; what hung meanwhile is reset, as its peers have long given it up."""
        self.weather = CLEAR
        self.reset()

    def close(self) -> None:
        """End it and every connection."""
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()

    @contextmanager
    def flapping(self, each_s: float) -> Iterator[None]:
        """Be up and cut in turn, ``each_s`` seconds each, beginning with a cut, while the block lasts."""
        stop = threading.Event()

        def flap() -> None:
            while True:
                self.cut()
                if stop.wait(each_s):
                    return
                self.mend()
                if stop.wait(each_s):
                    return

        thread = threading.Thread(target=flap, name="flap")
        thread.start()
        try:
            yield
        finally:
            stop.set()
            thread.join()
            self.mend()

    def _run(self) -> None:
        asyncio.set_event_loop(self._loop)
        server = self._loop.run_until_complete(asyncio.start_server(self._accept, "127.0.0.1", self.port))
        self.port = server.sockets[0].getsockname()[1]
        self._ready.set()
        try:
            self._loop.run_forever()
        finally:
            server.close()
            self._reset()
            tasks = asyncio.all_tasks(self._loop)
            for task in tasks:
                task.cancel()
            self._loop.run_until_complete(asyncio.gather(*tasks, return_exceptions=True))
            self._loop.close()

    def _reset(self) -> None:
        for writer in tuple(self._open):
            sock: socket.socket | None = writer.get_extra_info("socket")
            if sock is not None:
                with contextlib.suppress(OSError):
                    sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            writer.transport.abort()
        self._open.clear()

    async def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.counts.connections += 1
        if self.weather.refuses:
            writer.transport.abort()
            return
        self._open.add(writer)
        try:
            while self.weather.up == 0 and self.weather.down == 0:  # noqa: ASYNC110 -- other threads change the weather
                await asyncio.sleep(LOOK_S)
            far_reader, far_writer = await asyncio.open_connection("127.0.0.1", self.target)
        except OSError:
            writer.transport.abort()
            self._open.discard(writer)
            return
        self._open.add(far_writer)
        try:
            await asyncio.gather(self._pump(reader, far_writer, "up"), self._pump(far_reader, writer, "down"))
        except asyncio.CancelledError:
            return  # the proxy ends
        finally:
            for each in (writer, far_writer):
                self._open.discard(each)
                each.close()

    async def _pump(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, way: str) -> None:
        """Pass on bytes of one direction at the speed of the weather; whichever end breaks breaks the other."""
        try:
            while data := await reader.read(CHUNK):
                while data:
                    rate = getattr(self.weather, way)
                    if rate == 0:
                        await asyncio.sleep(LOOK_S)
                        continue
                    if self._random.randrange(1000) < self.weather.stall:
                        await asyncio.sleep(self.weather.stall_s)
                    part = data if rate is None else data[: max(1, int(rate * LOOK_S))]
                    data = data[len(part) :]
                    writer.write(part)
                    await writer.drain()
                    setattr(self.counts, way, getattr(self.counts, way) + len(part))
                    if rate is not None:
                        async with self._turns[way] if self.weather.shared else contextlib.nullcontext():
                            await asyncio.sleep(len(part) / rate)
            if writer.can_write_eof():
                writer.write_eof()
        except OSError:
            writer.transport.abort()


def stalling(permille: int, stall_s: float = 0.2) -> Weather:
    """Return a weather in which chunks of both directions are held up."""
    return replace(CLEAR, stall=permille, stall_s=stall_s)
