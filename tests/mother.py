"""Where `edge` commands of the quick run come from: `python -m tests.mother SOCKET` has everything imported, no thread, and forks a process for each.

A start of Python with all that a centre needs takes a core 1.5 seconds; the quick run starts hundreds. What is forked is a process like any other:
arguments, environment, folder, session and standard streams of its own, and a death of its own. A connection brings one JSON line with them and
the streams as descriptors; ``pid N`` is the answer, and ``status N``, negative for a signal, when it is gone.
"""

import array
import faulthandler
import gc
import importlib
import json
import os
import pkgutil
import selectors
import signal
import socket
import sys
from contextlib import suppress
from typing import Any

import edge
import edge.cli
from edge import failpoints
from edge.sync.reference import kills
from edge.web import openapi, screens
from edge.web.api import blueprint as api
from edge.web.health import blueprint as healthz
from tests import shortcuts

STREAMS = 3
LONGEST = 1 << 20


def prepare() -> None:
    """Import all that a command may need, and take the shortcuts that the centres in the tests' own process take."""
    for module in pkgutil.walk_packages(edge.__path__, "edge."):
        if not module.name.endswith("__main__"):
            importlib.import_module(module.name)
    shortcuts.hash_passwords_quickly()
    shortcuts.compile_templates_once()
    shortcuts.compile_routes_once()
    application = openapi.make_app("edge.web")
    for blueprint in (api, healthz):
        application.register_api(blueprint)
    screens.register(application)
    for name in application.jinja_env.list_templates(filter_func=lambda name: name.endswith(".html")):
        application.jinja_env.get_template(name)
    gc.collect()
    gc.freeze()


def serve(address: str) -> list[str]:
    """Fork for each connection until standard input ends. Returns in a child alone: its arguments."""
    listener, selector = socket.socket(socket.AF_UNIX), selectors.DefaultSelector()
    listener.bind(address)
    listener.listen()
    selector.register(listener, selectors.EVENT_READ)
    selector.register(sys.stdin, selectors.EVENT_READ)
    print("ready", flush=True)
    while True:
        for key, _ in selector.select():
            if key.fileobj is listener:
                connection, _ = listener.accept()
                asked, streams = receive(connection)
                pid = os.fork()
                if pid == 0:
                    for other in list(selector.get_map().values()):
                        forget(other)
                    connection.close()
                    selector.close()
                    listener.close()
                    become(asked, streams)
                    return list(asked["arguments"])
                for stream in streams:
                    os.close(stream)
                connection.sendall(b"pid %d\n" % pid)
                selector.register(os.pidfd_open(pid), selectors.EVENT_READ, (pid, connection))
            elif key.fileobj is sys.stdin:
                os._exit(0)
            else:
                selector.unregister(key.fileobj)
                bury(*key.data)
                forget(key)


def forget(key: selectors.SelectorKey) -> None:
    """Close what belongs to a child, here."""
    if key.data:
        os.close(key.fd)
        key.data[1].close()


def receive(connection: socket.socket) -> tuple[dict[str, Any], list[int]]:
    """Read what is asked for, and the standard streams."""
    size = array.array("i").itemsize
    read, ancillary, _, _ = connection.recvmsg(LONGEST, socket.CMSG_SPACE(STREAMS * size))
    while not read.endswith(b"\n"):
        read += connection.recv(LONGEST)
    streams = array.array("i")
    for _, _, data in ancillary:
        streams.frombytes(data)
    return json.loads(read), streams.tolist()


def become(asked: dict[str, Any], streams: list[int]) -> None:
    """Let this process be what is asked for: nothing of the mother's is left open."""
    for number, stream in enumerate(streams):
        os.dup2(stream, number)
        os.close(stream)
    if asked["session"]:
        os.setsid()
    os.chdir(asked["folder"])
    os.environ.clear()
    os.environ.update(asked["environment"])
    faulthandler.register(signal.SIGUSR1)  # a test whose process does not end asks where its threads are
    failpoints._armed.update(failpoints.parse(os.environ.get("EDGE_FAILPOINTS", "")))
    kills._armed.update(kills.parse(os.environ.get("NATIONAL_KILLS", "")))


def bury(pid: int, connection: socket.socket) -> None:
    """Say how it ended, to whoever still asks."""
    _, status = os.waitpid(pid, 0)
    with suppress(OSError):
        connection.sendall(b"status %d\n" % os.waitstatus_to_exitcode(status))


if __name__ == "__main__":
    signal.signal(signal.SIGINT, signal.default_int_handler)
    prepare()
    sys.argv = ["edge", *serve(sys.argv[1])]
    edge.cli.main()
