"""HTTP as an integrator's shell script speaks it: every request is a `curl` process of its own.

Nothing here knows the server's code; an answer that curl cannot read to its end (a reset, a cut body) fails the test at once.
"""

import json
import subprocess
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path
from typing import Any

TIMEOUT_S = 30

_keys = count(1)


@dataclass(frozen=True, slots=True)
class Answer:
    """One answer; header names in lower case."""

    status: int
    headers: Mapping[str, str] = field(repr=False)
    body: bytes

    @property
    def json(self) -> Any:
        """Return the body as JSON."""
        return json.loads(self.body)


@dataclass(frozen=True, slots=True)
class Request:
    """What curl is told to send. ``body``: a JSON value, or bytes sent as they are; ``key``: the Idempotency-Key, None for none."""

    method: str
    path: str
    token: str | None = None
    body: Any = None
    key: str | None = None
    headers: Sequence[str] = field(default_factory=tuple)


def fresh_key(prefix: str = "journey") -> str:
    """Return a key that this run has not used."""
    return f"{prefix}-{next(_keys):06d}"


def send(base: str, request: Request) -> Answer:
    """Send one request and return its answer."""
    command = ["curl", "-sS", "--max-time", str(TIMEOUT_S), "-i", *_arguments(base, request)]
    done = subprocess.run(command, input=_body(request), capture_output=True, check=False, timeout=TIMEOUT_S * 2)
    assert done.returncode == 0, f"curl {request.method} {request.path} ended with {done.returncode}: {done.stderr.decode()}"
    return _parse(done.stdout)


def send_together(base: str, requests: Sequence[Request]) -> list[Answer]:
    """Send all at the same moment from one curl process; answers in the order of ``requests``."""
    with tempfile.TemporaryDirectory() as folder:
        config = Path(folder) / "curl.conf"
        config.write_text("\nnext\n".join(_section(base, request, Path(folder), n) for n, request in enumerate(requests)), encoding="utf-8")
        command = ["curl", "-sS", "--parallel", "--parallel-immediate", "--parallel-max", str(len(requests)), "-K", str(config)]
        done = subprocess.run(command, capture_output=True, check=False, timeout=TIMEOUT_S * 2)
        assert done.returncode == 0, f"curl of {len(requests)} parallel requests ended with {done.returncode}: {done.stderr.decode()}"
        return [_parse((Path(folder) / f"head-{n}").read_bytes() + (Path(folder) / f"body-{n}").read_bytes()) for n in range(len(requests))]


def _arguments(base: str, request: Request) -> list[str]:
    arguments = ["-X", request.method, *(part for header in _headers(request) for part in ("-H", header))]
    if request.body is not None:
        arguments += ["--data-binary", "@-"]
    return [*arguments, base + request.path]


def _section(base: str, request: Request, folder: Path, n: int) -> str:
    """One request as lines of a curl configuration file; its strings follow JSON's rules closely enough for what is sent here."""
    lines = [f"url = {json.dumps(base + request.path)}", f"request = {request.method}", f"max-time = {TIMEOUT_S}"]
    lines += [f"header = {json.dumps(header)}" for header in _headers(request)]
    lines += [f'dump-header = "{folder}/head-{n}"', f'output = "{folder}/body-{n}"']
    (folder / f"body-{n}").touch()
    if request.body is not None:
        (folder / f"sent-{n}").write_bytes(_body(request) or b"")
        lines.append(f'data-binary = "@{folder}/sent-{n}"')
    return "\n".join(lines)


def _headers(request: Request) -> list[str]:
    headers = list(request.headers)
    if request.token is not None:
        headers.append(f"Authorization: Bearer {request.token}")
    if request.key is not None:
        headers.append(f"Idempotency-Key: {request.key}")
    if request.body is not None and not any(header.lower().startswith("content-type") for header in headers):
        headers.append("Content-Type: application/json")
    return headers


def _body(request: Request) -> bytes | None:
    if request.body is None or isinstance(request.body, bytes):
        return request.body
    return json.dumps(request.body, ensure_ascii=False).encode()


def _parse(raw: bytes) -> Answer:
    """Split what curl -i printed; interim answers (100 Continue) are skipped."""
    while True:
        head, _, raw = raw.partition(b"\r\n\r\n")
        status_line, *lines = head.decode("latin-1").split("\r\n")
        status = int(status_line.split()[1])
        if status >= 200:
            break
    headers = {name.strip().lower(): value.strip() for name, _, value in (line.partition(":") for line in lines)}
    return Answer(status, headers, raw)
