"""A disk that reports errors, went read-only or takes five seconds, and a process without descriptors: said, nothing half, well again by itself.

strace answers the real server's real calls as such a kernel would (`inject` in its manual).
"""

import json
import resource
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import pytest

from tests.demo_process import Demo, wait_for
from tests.faults.traffic import Button, get, post
from tests.sampling import EVERYTHING

WISH = json.dumps({"service": "passport", "lang": "ky"})
SLOW_S = 5.0 if EVERYTHING else 1.5
SPARE = 12  # descriptors that a server without any more had left a moment ago


@contextmanager
def sick(demo: Demo, call: str, how: str) -> Iterator[None]:
    """Let each ``call`` of the server be answered so while the block lasts."""
    command = ["strace", "-f", "-qq", "-e", f"trace={call}", "-e", f"inject={call}:{how}", "-o", "/dev/null", "-p", str(demo.pid)]
    tracer = subprocess.Popen(command)
    threads = Path(f"/proc/{demo.pid}/task")

    def is_traced() -> bool:
        assert tracer.poll() is None, "strace ended"
        return all(f"TracerPid:\t{tracer.pid}" in (thread / "status").read_text() for thread in threads.iterdir())

    try:
        wait_for("every thread to be traced", is_traced)
        yield
    finally:
        tracer.terminate()
        tracer.wait()


@pytest.mark.timeout(120)
@pytest.mark.parametrize(("call", "how"), [("fdatasync", "error=EIO"), ("pwrite64", "error=EROFS")], ids=["errors", "read-only"])
def test_a_disk_that_cannot_write_refuses_in_words_and_is_forgiven(demo: Demo, call: str, how: str) -> None:
    kiosk, key = demo.devices["kiosk-1"]["token"], f"sick-{call}"
    before = int(json.loads(post(demo, kiosk, "tickets", f"{key}-before", WISH)[1])["number"][1:])
    button = Button(demo, demo.devices["button-1"])
    with sick(demo, call, how):
        status, body = post(demo, kiosk, "tickets", key, WISH)
        assert (status, json.loads(body)["code"]) == (503, "database"), body
        health = wait_for("healthz to tell", lambda: (found := demo.health())["checks"]["database"]["status"] != "ok" and found)
        assert health["status"] == "degraded"
        answer = button.press(f"press-{key}", tries=3)
        assert answer is None or answer["result"] == "busy"
        assert get(demo, kiosk, "services"), "what can be read is still answered"
    wait_for("healthz to be well again", lambda: demo.health()["status"] == "ok")
    status, body = post(demo, kiosk, "tickets", key, WISH)
    assert (status, int(json.loads(body)["number"][1:])) == (201, before + 1), "the refusal left a number or a key behind"
    answer = button.press(f"press-{key}-after")
    assert answer is not None
    assert answer["result"] == "called"
    button.close()
    verified = demo.verify()
    assert verified.returncode == 0, verified.stdout


@pytest.mark.timeout(120)
def test_a_disk_that_takes_long_delays_and_loses_nothing(demo: Demo) -> None:
    kiosk = demo.devices["kiosk-1"]["token"]
    with sick(demo, "fdatasync", f"delay_enter={SLOW_S:.1f}s"):
        began = time.monotonic()
        with ExitStack() as stack:
            connections = []
            for number in range(2):
                connection = stack.enter_context(socket.create_connection((demo.host, demo.ports.http), timeout=60))
                head = (
                    f"POST /api/v1/tickets HTTP/1.1\r\nHost: {demo.host}\r\nAuthorization: Bearer {kiosk}\r\nIdempotency-Key: slow-disk-{number}\r\n"
                )
                connection.sendall(f"{head}Content-Type: application/json\r\nContent-Length: {len(WISH)}\r\nConnection: close\r\n\r\n{WISH}".encode())
                connections.append(connection)
            assert get(demo, kiosk, "services"), "reading waits for nobody"
            assert time.monotonic() - began < SLOW_S, "reading waited for the disk"
            answers = [connection.makefile("rb").read() for connection in connections]
        assert time.monotonic() - began >= SLOW_S
    assert all(answer.startswith(b"HTTP/1.1 201") for answer in answers), answers
    assert demo.verify().returncode == 0


@pytest.mark.timeout(120)
def test_a_server_without_descriptors_takes_nobody_in_and_goes_on_when_it_has_some(demo: Demo) -> None:
    kiosk = demo.devices["kiosk-1"]["token"]
    usual = resource.prlimit(demo.pid, resource.RLIMIT_NOFILE)
    open_now = len(list(Path(f"/proc/{demo.pid}/fd").iterdir()))
    button = Button(demo, demo.devices["button-1"])
    assert post(demo, kiosk, "tickets", "few-descriptors", WISH)[0] == 201
    resource.prlimit(demo.pid, resource.RLIMIT_NOFILE, (open_now + SPARE, usual[1]))
    with ExitStack() as stack:
        for _ in range(3 * SPARE):
            stack.enter_context(socket.create_connection((demo.host, demo.ports.http), timeout=5))  # the kernel takes them, the server cannot
        wait_for("no descriptor to be left", lambda: len(list(Path(f"/proc/{demo.pid}/fd").iterdir())) >= open_now + SPARE)
        before = _cpu_s(demo.pid)
        answer = button.press("press-few-descriptors")
        assert answer is not None, "who is connected is answered"
        assert answer["result"] == "called"
        began = time.monotonic()
        wait_for("a second to pass", lambda: time.monotonic() - began > 1.0)
        assert _cpu_s(demo.pid) - before < 0.8, "the server spins"
    button.close()
    wait_for("the hall to be open again", lambda: _is_served(demo, kiosk), 30)
    resource.prlimit(demo.pid, resource.RLIMIT_NOFILE, usual)
    assert demo.verify().returncode == 0


def _asked(demo: Demo, kiosk: str, key: str) -> bytes:
    """A ticket's request as bytes, so that one can be on its way while another is asked for."""
    head = f"Host: {demo.host}\r\nAuthorization: Bearer {kiosk}\r\nIdempotency-Key: {key}\r\nContent-Type: application/json\r\n"
    return f"POST /api/v1/tickets HTTP/1.1\r\n{head}Content-Length: {len(WISH)}\r\nConnection: close\r\n\r\n{WISH}".encode()


def _is_served(demo: Demo, kiosk: str) -> bool:
    try:
        return post(demo, kiosk, "tickets", "after-few-descriptors", WISH)[0] in (200, 201)
    except OSError:
        return False


def _cpu_s(pid: int) -> float:
    used = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(used[11]) + int(used[12])) / 100
