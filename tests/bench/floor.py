"""The floor: the smallest programs that do the unavoidable part of a press and of an issue, run as their own process.

Same broker settings, same durable commit of the same journal row, nothing else. `python -m tests.bench.floor press|issue …`.
"""

import json
import queue
import socket
import sys
import threading
from pathlib import Path
from typing import Any

import apsw
import paho.mqtt.client as mqtt
from flask import Flask, Response, request
from paho.mqtt.enums import CallbackAPIVersion
from waitress import create_server  # type: ignore[import-untyped]

ROW = "INSERT INTO journal (id, type, at, actor, prev_hash, salt, payload_hash, payload, hash) VALUES (?,?,?,?,?,?,?,?,?)"
HASH = "a" * 64
PAYLOAD = json.dumps(
    {"ticket": "0" * 36, "desk": "1", "why": "order", "scores": [{"ticket": "0" * 36, "score": 10}] * 3, "run": 0, "run_after": 0, "tick": 1}
)


def database(path: Path) -> apsw.Connection:
    """Open a database as durable as ours with one journal table."""
    connection = apsw.Connection(str(path))
    connection.pragma("journal_mode", "wal")
    connection.pragma("synchronous", "full")
    connection.execute(
        "CREATE TABLE IF NOT EXISTS journal (seq INTEGER PRIMARY KEY, id TEXT, type TEXT, at TEXT, actor TEXT,"
        " prev_hash TEXT, salt TEXT, payload_hash TEXT, payload TEXT, hash TEXT)"
    )
    return connection


def commit(connection: apsw.Connection) -> None:
    """Make one journal row durable."""
    connection.execute("BEGIN IMMEDIATE")
    connection.execute(ROW, ("0" * 36, "ticket.called", "2026-03-02T03:15:00.120Z", "desk:3", HASH, "0" * 32, HASH, PAYLOAD, HASH))
    connection.execute("COMMIT")


def nodelay(_client: mqtt.Client, _userdata: object, sock: Any) -> None:
    """Switch Nagle off, as the product does."""
    sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)


def serve_presses(path: Path, port: int, user: str, password: str) -> None:
    """Press in, commit, retained board out: MQTT callback -> worker thread -> SQLite -> publish."""
    presses: queue.Queue[bytes] = queue.Queue()
    client = mqtt.Client(CallbackAPIVersion.VERSION2, protocol=mqtt.MQTTv5)
    client.username_pw_set(user, password)
    client.on_socket_open = nodelay
    client.on_message = lambda _c, _u, message: presses.put(bytes(message.payload))

    def work() -> None:
        connection = database(path)
        while True:
            payload = presses.get()
            commit(connection)
            client.publish("q/v1/board/floor/state", payload, qos=1, retain=True)

    def subscribe(*_: object) -> None:
        client.subscribe("q/v1/dev/floor/event", qos=1)
        print("ready", flush=True)

    client.on_connect = subscribe
    threading.Thread(target=work, daemon=True).start()
    client.connect("127.0.0.1", port)
    client.loop_forever()


def serve_issues(path: Path, port: int) -> None:
    """POST in, commit, JSON out: waitress and Flask with nothing between."""
    app = Flask("floor")
    local = threading.local()

    @app.post("/issue")
    def issue() -> Response:
        if not hasattr(local, "connection"):
            local.connection = database(path)
        json.loads(request.get_data())
        commit(local.connection)
        return Response(PAYLOAD, status=201, mimetype="application/json")

    server = create_server(app, host="127.0.0.1", port=port, threads=8)
    print("ready", flush=True)
    server.run()


if __name__ == "__main__":
    if sys.argv[1] == "press":
        serve_presses(Path(sys.argv[2]), int(sys.argv[3]), sys.argv[4], sys.stdin.readline().strip())
    else:
        serve_issues(Path(sys.argv[2]), int(sys.argv[3]))
