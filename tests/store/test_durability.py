"""What a commit costs the disk: one fdatasync, counted by strace in a process of its own."""

import os
import subprocess
import sys
from collections import Counter
from pathlib import Path

import pytest

SCRIPT = """
import os, sys
from pathlib import Path
from edge.store.database import Database
from edge.queueing import commands as c
from tests.store.writing import do, issue, open_centre

def mark(what):
    os.access(f"/mark-{what}", os.F_OK)  # strace sees it; nothing else does

database = Database(Path(sys.argv[1]))
database.open()
open_centre(database)
for what in ("issue", "call", "end"):
    mark(what)
    if what == "issue":
        for _ in range(5):
            issue(database)
    if what == "call":
        for _ in range(5):
            do(database, c.CallNext("1"))
"""


def test_a_commit_is_one_fdatasync_for_an_issue_and_for_a_finish_with_a_call(tmp_path: Path) -> None:
    trace = tmp_path / "trace"
    watched = "fdatasync,fsync,sync_file_range,access,faccessat,faccessat2"
    command = ["strace", "-f", "-o", str(trace), "-e", f"trace={watched}", sys.executable, "-c", SCRIPT, str(tmp_path / "edge.db")]
    done = subprocess.run(command, capture_output=True, text=True, timeout=120, check=False, env={**os.environ, "PYTHONPATH": str(Path.cwd())})
    if "PTRACE" in done.stderr or "ptrace" in done.stderr:
        pytest.skip("this machine lets nobody trace")
    assert done.returncode == 0, done.stderr
    counts, part = Counter[str](), "opening"
    for line in trace.read_text().splitlines():
        if "/mark-" in line:
            part = line.split("/mark-")[1].split('"')[0]
        elif "fdatasync(" in line or "fsync(" in line:
            counts[part] += 1
    assert (counts["issue"], counts["call"]) == (5, 5)
