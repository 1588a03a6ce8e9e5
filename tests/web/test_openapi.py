"""The OpenAPI document is 3.1, names every call, and a fuzzer that believes it finds no contradiction in the running server."""

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from tests.sampling import EVERYTHING, some
from tests.web.conftest import Web

CALLS = {
    "GET /healthz", "GET /api/v1/services", "GET /api/v1/categories", "POST /api/v1/tickets", "GET /api/v1/tickets/{ticket_id}",
    "GET /api/v1/desks", "GET /api/v1/desks/{desk}", "GET /api/v1/boards/{zone}", "GET /api/v1/journal", "POST /api/v1/sessions",
    "GET /api/v1/device/mqtt", "GET /api/v1/slots", "POST /api/v1/bookings", "GET /api/v1/bookings/{code}", "DELETE /api/v1/bookings/{code}",
    "POST /api/v1/bookings/{code}/reschedule", "POST /api/v1/checkins",
}  # fmt: skip
ACTIONS = ["open", "close", "pause", "next", "recall", "start", "finish", "no-show", "hold", "resume", "transfer"]
ACTIONS += ["cancel", "pick", "category", "undo"]


def test_the_document_is_openapi_3_1_and_lists_exactly_the_calls(web: Web) -> None:
    document = web.send("GET", "/api/openapi.json").json

    found = {f"{method.upper()} {path}" for path, item in document["paths"].items() for method in item}
    assert re.fullmatch(r"3\.1\.\d", document["openapi"])
    assert found == CALLS | {f"POST /api/v1/desks/{{desk}}/{action}" for action in ACTIONS}


def test_every_call_documents_its_problems_as_problem_documents(web: Web) -> None:
    document = web.send("GET", "/api/openapi.json").json

    for path, item in document["paths"].items():
        for operation in item.values():
            errors = {status: answer for status, answer in operation["responses"].items() if status >= "4" and path != "/healthz"}
            assert all(list(answer["content"]) == ["application/problem+json"] for answer in errors.values()), path
            assert "401" in errors or not operation["security"], path


# 422 is also for what no schema can say: services that do not exist, a key used for another request
CONFIG = """
[checks.positive_data_acceptance]
expected-statuses = ["2xx", 401, 403, 404, 409, 422, 429]
"""
KNOWN = """
[parameters]
"path.desk" = "1"
"path.zone" = "a"
"""


@pytest.mark.parametrize(("caller", "config"), some([("asel", CONFIG), ("desk-1", CONFIG + KNOWN)], 1), ids=some(["administrator", "desk"], 1))
def test_a_fuzzer_finds_no_contradiction(web: Web, caller: str, config: str, tmp_path: Path) -> None:
    """Schemathesis as a program of its own, as an integrator would run it; bounded, with its seed in the output.

    One worker: two threads in `ast.parse` at once can raise SystemError in CPython 3.11, and hypothesis parses its own lambdas.
    """
    command = [
        str(Path(sys.executable).with_name("schemathesis")), "run", f"http://127.0.0.1:{web.port}/api/openapi.json",
        "--header", f"Authorization: Bearer {web.token(caller)}",
        "--phases", "examples,coverage,fuzzing", "--max-examples", "10" if EVERYTHING else "3", "--workers", "1", "--seed", "20260302",
        "--exclude-path", "/api/v1/sessions", "--rate-limit", "150/s", "--no-color",
    ]  # fmt: skip
    (tmp_path / "schemathesis.toml").write_text(config)
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, timeout=150, check=False, env={**os.environ, "COLUMNS": "160"})

    assert done.returncode == 0, json.dumps(command) + done.stdout[-6000:] + done.stderr[-2000:]


def test_the_published_contract_names_every_call_and_action(web: Web) -> None:
    page = (Path(__file__).parents[2] / "docs" / "http.md").read_text(encoding="utf-8")
    document = web.send("GET", "/api/openapi.json").json

    missing = [path for path in document["paths"] if "/{desk}/" not in path and f"{path}`" not in page]
    assert not missing
    assert not [action for action in ACTIONS if f"`{action}`" not in page]
