"""The conformance suite notices a server that does not keep the protocol, says which clause, and ends with exit code 1."""

import json
import threading
from collections.abc import Callable, Iterable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from werkzeug.test import run_wsgi_app

from edge.cli.conformance import conformance
from edge.sync.reference import centres, database, serving
from edge.sync.reference.app import create_app

Environ = dict[str, Any]
Start = Callable[..., Any]
App = Callable[[Environ, Start], Iterable[bytes]]


def deaf(app: App) -> App:
    """Return a server that keeps its acknowledgements one line short of the protocol, in several ways."""

    def served(environ: Environ, start: Start) -> Iterable[bytes]:
        path, method = environ["PATH_INFO"], environ["REQUEST_METHOD"]
        body_, status, told = run_wsgi_app(app, environ, buffered=True)
        body, headers = b"".join(body_), list(told)
        if path.endswith("/snapshot") and status.startswith("200"):
            body = json.dumps({**json.loads(body), "digest": "0" * 64}).encode()
        if path.endswith("/journal") and method == "GET":
            body = body.replace("Күттү".encode(), "Кутту".encode())
        if path.endswith("/journal") and b'"gap"' in body:
            status = "200 OK"
        if path.endswith("/feed"):
            headers = [(name, value) for name, value in headers if name != "X-Sync-Protocol"]
        start(status, [*((name, value) for name, value in headers if name != "Content-Length"), ("Content-Length", str(len(body)))])
        return [body]

    return served


@pytest.fixture
def wrong(tmp_path: Path) -> Iterator[str]:
    database.open_database(tmp_path / "national.db")
    server = serving.listening(deaf(create_app()), "127.0.0.1", 0)
    threading.Thread(target=server.run, daemon=True).start()
    yield f"http://127.0.0.1:{server.effective_port}"
    server.close()
    server.task_dispatcher.shutdown()
    database.close_database()


def test_the_suite_names_what_a_wrong_server_breaks_and_ends_with_1(wrong: str) -> None:
    given = centres.enrol("conformance", datetime.now(UTC))
    done = CliRunner().invoke(conformance, ["--url", wrong, "--token", given.token, "--patience", "0"])
    broken = [line for line in done.output.splitlines() if line.startswith("BROKEN")]
    assert done.exit_code == 1
    for sentence in (
        "every scope comes with a digest over its sorted kind:key:version lines",
        "payloads in any script and spelling come back byte for byte",
        "a gap is 409 gap with the seq that is expected",
        "every answer carries X-Sync-Protocol: 1",
    ):
        assert any(sentence in line for line in broken), done.output
    assert not any("an answer has all its fields" in line for line in broken)
    assert done.output.splitlines()[-1].endswith("answers")
