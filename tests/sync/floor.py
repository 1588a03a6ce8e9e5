"""The floor of a drain: the smallest programs that do what cannot be left out, on one machine. `python -m tests.sync.floor DATABASE` is the receiver.

The sender reads lines, packs and posts them; the receiver unpacks, checks every hash, stores and syncs. One batch is in flight, as in the product.
"""

import http.client
import http.server
import subprocess
import sys
import time
import zlib
from contextlib import closing
from pathlib import Path

import apsw

from edge.queueing.chain import Envelope, Head, as_line, fault, read_line

LINES = 1000
COLUMNS = ", ".join(Envelope.__dataclass_fields__)


class Receiver(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    database: apsw.Connection
    head = Head(1, 0, "0" * 64)

    def do_POST(self) -> None:
        body = zlib.decompress(self.rfile.read(int(self.headers["Content-Length"])), 31)
        rows = []
        for text in body.splitlines():
            line = read_line(text)
            assert fault(Receiver.head, line) is None
            Receiver.head = Head(line.epoch, line.seq, line.hash)
            rows.append((line.epoch, line.seq, line.id, line.hash, text.decode()))
        self.database.execute("BEGIN IMMEDIATE")
        self.database.executemany("INSERT INTO line VALUES (?, ?, ?, ?, ?)", rows)
        self.database.execute("COMMIT")
        self.send_response(200)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *_: object) -> None:
        """Say nothing."""


def receive(path: Path) -> None:
    """Be the receiver until killed; print the port first."""
    Receiver.database = apsw.Connection(str(path))
    Receiver.database.pragma("journal_mode", "wal")
    Receiver.database.pragma("synchronous", "full")
    Receiver.database.execute("CREATE TABLE line (epoch, seq, id UNIQUE, hash, text, PRIMARY KEY (epoch, seq)) WITHOUT ROWID")
    with http.server.HTTPServer(("127.0.0.1", 0), Receiver) as server:
        print(server.server_address[1], flush=True)
        server.serve_forever()


def rate(database: Path, target: Path) -> float:
    """Send a whole journal and return the events a second."""
    command = [sys.executable, "-m", "tests.sync.floor", str(target)]
    receiver = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    assert receiver.stdout is not None
    try:
        with closing(http.client.HTTPConnection("127.0.0.1", int(receiver.stdout.readline()))) as connection:
            return _sent(database, connection)
    finally:
        receiver.kill()
        receiver.wait()
        receiver.stdout.close()


def _sent(database: Path, connection: http.client.HTTPConnection) -> float:
    began, seq = time.perf_counter(), 0
    with closing(apsw.Connection(str(database), flags=apsw.SQLITE_OPEN_READONLY)) as source:
        statement = f"SELECT {COLUMNS} FROM journal WHERE epoch = 1 AND seq > ? ORDER BY seq LIMIT {LINES}"
        while rows := list(source.execute(statement, (seq,))):
            packer = zlib.compressobj(5, zlib.DEFLATED, 31)
            body = "".join(as_line(Envelope(*row)) + "\n" for row in rows).encode()
            connection.request("POST", "/", packer.compress(body) + packer.flush())
            answer = connection.getresponse()
            answer.read()
            assert answer.status == 200
            seq += len(rows)
    return seq / (time.perf_counter() - began)


if __name__ == "__main__":
    receive(Path(sys.argv[1]))
