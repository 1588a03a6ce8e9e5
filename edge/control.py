"""Named operations for the command line: beside a running server they are asked of it over a Unix socket, alone they are done under the lock.

One line of JSON each way. The socket lies in the data directory and is for its owner alone, so whoever can ask could also read the key file.
A change of the database never goes around the server: its committed hall and its announcements would miss it.
"""

import json
import logging
import os
import socket
import socketserver
import sys
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from edge import device_control, setup
from edge.config import Paths
from edge.errors import BadRequest, ConfigError, EdgeError, Forbidden, Refused, Unavailable, Unknown
from edge.lock import Lock, Locked
from edge.operations import day, link_state, paper, restored, staff
from edge.operations.context import Context
from edge.queueing.registry import Role
from edge.store import faults, sync_state
from edge.sync import courier
from edge.sync.state import Teller

log = logging.getLogger(__name__)

Args = Mapping[str, Any]
Operation = Callable[[Context, Args], Any]

ANSWERS_WITHIN_S = 30.0
ASKED_WITHIN_S = 5.0  # one at a time: who connects and says nothing must not hold up the others
STARTS_WITHIN_S = 5.0
LONGEST_LINE = 65_536
LONGEST_ADDRESS = 100  # of 108 bytes that a socket's address has
_BY_HAND = "system"  # the journal's actor: whoever has the data directory is no member of staff


def call(paths: Paths, name: str, **args: Any) -> Any:
    """Carry out the operation ``name`` and return its answer. Raises what the operation raises, ConfigError, or Unavailable."""
    if not paths.database.exists():
        raise setup.missing(paths)
    deadline = time.monotonic() + STARTS_WITHIN_S
    while True:
        connection = _connected(paths.control)
        if connection is not None:
            with connection:
                return _asked(connection, name, args)
        try:
            with Lock(paths.lock), setup.alone(paths) as ctx:
                return OPERATIONS[name](ctx, args)
        except Locked as error:  # the server is on its way up or down
            if time.monotonic() > deadline:
                raise Unavailable(f"the server (process {error.holder}) holds {paths.data} and does not answer: try again, or stop it") from None
            time.sleep(0.1)


@contextmanager
def served(ctx: Context, path: Path) -> Iterator[None]:
    """Answer callers on the socket ``path`` while the block lasts. Needs the lock, so that a socket found there is a dead one."""
    path.unlink(missing_ok=True)
    with _address(path) as address:
        server = _Server(address, _handler(ctx))
        path.chmod(0o600)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.1}, name="control")
    thread.start()
    try:
        yield
    finally:
        server.shutdown()
        server.server_close()
        path.unlink(missing_ok=True)
        thread.join()


def _staff_add(ctx: Context, args: Args) -> Any:
    password, pin = args.get("password") or staff.fresh_password(), args.get("pin") or staff.fresh_pin()
    done = staff.add(ctx, login=args["login"], role=Role(args["role"]), password=password, pin=pin, actor=_BY_HAND)
    return {"login": done.member.login, "role": done.member.role, "password": password, "pin": pin}


def _staff_list(ctx: Context, _args: Args) -> Any:
    return [
        {
            "login": each.member.login,
            "role": each.member.role,
            "active": each.member.active,
            "pin": each.has_pin,
            "logged_in": each.logged_in,
            "desks": list(each.desks),
            "pseudonym": each.member.pseudonym,
        }
        for each in staff.listed(ctx)
    ]


def _staff_reset(ctx: Context, args: Args) -> Any:
    """``what``: the secrets to make anew; those given in ``password`` and ``pin`` are taken instead."""
    fresh = {"password": staff.fresh_password, "pin": staff.fresh_pin}
    given: dict[str, str] = {what: args.get(what) or fresh[what]() for what in args["what"]}
    done = staff.reset(ctx, login=args["login"], password=given.get("password"), pin=given.get("pin"), actor=_BY_HAND)
    return {"login": done.member.login, **given}


def _staff_disable(ctx: Context, args: Args) -> Any:
    return {"login": staff.disable(ctx, login=args["login"], actor=_BY_HAND).login}


def _staff_enable(ctx: Context, args: Args) -> Any:
    return {"login": staff.enable(ctx, login=args["login"], actor=_BY_HAND).login}


def _restored_confirm(ctx: Context, _args: Args) -> Any:
    restored.confirm(ctx, actor=_BY_HAND)


def _day_confirm(ctx: Context, args: Args) -> Any:
    return day.confirm(ctx, args.get("day"), actor=_BY_HAND)


def _paper_print(ctx: Context, args: Args) -> Any:
    printed = paper.print_block(ctx, args["count"], actor=_BY_HAND)
    return {"names": dict(printed.names), "numbers": printed.numbers}


def _paper_key_in(ctx: Context, args: Args) -> Any:
    taken = [paper.Taken(*slip) for slip in args["slips"]]
    return paper.key_in(ctx, taken, args.get("began"), ctx.hall.policy.centre.langs[0], actor=_BY_HAND)


def _sync_status(ctx: Context, _args: Args) -> Any:
    """While nobody serves, what the last server came to know; ``served`` tells which it is."""
    kept = sync_state.read(ctx.database)
    if not ctx.link.is_served and kept.incarnation:
        Teller(ctx, "", "").resume(kept)
    return {**link_state.sync(ctx), "server": ctx.link.state.server, "served": ctx.link.is_served}


def _sync_try(ctx: Context, _args: Args) -> Any:
    return {"tried": ctx.link.try_now()}


def _sync_import(ctx: Context, args: Args) -> Any:
    centre = args["centre"] or ctx.hall.policy.centre.id
    done = courier.take_in(ctx, Path(args["file"]), centre, args["token"], Path(args["waiting"]))
    return {"acked": done.acked.seq if done.acked else None, "items": done.items, "refused": done.refused}


OPERATIONS: Mapping[str, Operation] = {
    "staff.add": _staff_add,
    "staff.list": _staff_list,
    "staff.reset": _staff_reset,
    "staff.disable": _staff_disable,
    "staff.enable": _staff_enable,
    "restored.confirm": _restored_confirm,
    "day.confirm": _day_confirm,
    "paper.print": _paper_print,
    "paper.key-in": _paper_key_in,
    "sync.status": _sync_status,
    "sync.try": _sync_try,
    "sync.import": _sync_import,
    **device_control.OPERATIONS,
}
_KINDS: tuple[type[EdgeError], ...] = (Refused, BadRequest, Forbidden, Unavailable)


class _Server(socketserver.UnixStreamServer):
    """One caller after the other, in one thread with one database connection."""

    request_queue_size = 128  # a caller who finds the queue full is turned away at once, whatever its time-out

    def handle_error(self, request: object, client_address: object) -> None:  # noqa: ARG002 -- the library's signature
        """A caller that went away is no fault of ours."""
        log.warning("control call without an end error=%r", sys.exception())


def _handler(ctx: Context) -> type[socketserver.StreamRequestHandler]:
    class Handler(socketserver.StreamRequestHandler):
        timeout = ASKED_WITHIN_S

        def handle(self) -> None:
            line = self.rfile.readline(LONGEST_LINE)
            if line.endswith(b"\n"):
                self.wfile.write(json.dumps(_answered(ctx, line)).encode() + b"\n")

    return Handler


def _answered(ctx: Context, line: bytes) -> Mapping[str, Any]:
    """Carry out one request; its arguments may hold secrets and are never logged."""
    name = "?"
    try:
        request = json.loads(line)
        name = request["name"]
        log.info("control call name=%s", name)
        return {"answer": OPERATIONS[name](ctx, request["args"])}
    except EdgeError as error:
        return {"error": _kind(error), "code": error.code, "message": str(error)}
    except Exception as error:
        if met := faults.known(error):
            return {"error": _kind(met), "code": met.code, "message": str(met)}
        log.exception("control call failed name=%s", name)
        return {"error": "Unavailable", "code": "internal", "message": "this is a fault of the server; it is in its log"}


def _kind(error: EdgeError) -> str:
    known = (*_KINDS, Unknown, ConfigError)
    return next((kind.__name__ for kind in known if isinstance(error, kind)), "Unavailable")


def _connected(path: Path) -> socket.socket | None:
    """Return a connection to the server, or None when nobody serves."""
    connection = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    connection.settimeout(ANSWERS_WITHIN_S)
    try:
        with _address(path) as address:
            connection.connect(address)
    except (FileNotFoundError, ConnectionRefusedError):  # never there, or left by a server that was killed
        connection.close()
        return None
    except OSError as error:
        connection.close()
        raise Unavailable(f"cannot ask the server at {path}: {error.strerror or error}") from error
    return connection


def _asked(connection: socket.socket, name: str, args: Args) -> Any:
    try:
        connection.sendall(json.dumps({"name": name, "args": args}).encode() + b"\n")
        with connection.makefile("rb") as file:
            line = file.readline()
    except OSError as error:
        raise Unavailable(f"the server did not answer {name}: {error}; it may be done or not, so look before trying again") from error
    if not line.endswith(b"\n"):
        raise Unavailable(f"the server ended before it answered {name}: it may be done or not, so look before trying again")
    said = json.loads(line)
    if "error" in said:
        raise _error(said["error"], said["code"], said["message"])
    return said["answer"]


def _error(kind: str, code: str, message: str) -> EdgeError:
    """Return the error as the operation raised it."""
    if kind == "Unknown":
        return Unknown(message, field="request")
    if kind == "ConfigError":
        return ConfigError(message)
    found = next((each for each in _KINDS if each.__name__ == kind), Unavailable)
    return found(message, code=code)


@contextmanager
def _address(path: Path) -> Iterator[str]:
    """Return ``path`` as an address that is short enough: a long one goes through its folder, opened."""
    if len(os.fsencode(path)) <= LONGEST_ADDRESS:
        yield str(path)
        return
    folder = os.open(path.parent, os.O_PATH | os.O_DIRECTORY)
    try:
        yield f"/proc/self/fd/{folder}/{path.name}"
    finally:
        os.close(folder)
