"""Kill the server or the broker under traffic, at random instants and at every failpoint, and hold the hall to what it promised.

`python -m tests.faults.kills --rounds 200 --seed 1 [--state FILE]` prints a line per round; with a state file it goes on where it stopped.
"""

import argparse
import contextlib
import json
import os
import random
import signal
import subprocess
import tempfile
import threading
import time
from collections import Counter
from pathlib import Path
from typing import Any

from edge.failpoints import NAMES
from tests.demo_process import Demo, wait_for
from tests.faults.traffic import Promises, Traffic, get, hold_to

RIGHT_WITHIN_S = 5.0
HALL = [name for name in NAMES if not name.startswith(("epoch.", "sync."))]  # the others are met only with a national server (tests/sync)
KINDS = (*(f"failpoint {name}" for name in HALL), "server", "broker", "server", "broker")


def run_round(demo: Demo, number: int, kind: str, rng: random.Random) -> Counter[str]:
    """One death under traffic and everything that must hold after it. Returns what was checked."""
    promises = Promises()
    armed = kind.removeprefix("failpoint ") if kind.startswith("failpoint") else None
    demo.restart(**({"EDGE_FAILPOINTS": f"{armed}:{rng.randint(20, 120)}"} if armed else {}))
    traffic = Traffic(demo, promises, rng, f"r{number}-{rng.getrandbits(24):x}")
    try:
        if armed:
            status = demo.wait_dead(60)
            assert status == -signal.SIGKILL, f"the failpoint did not kill: exit status {status}"
        else:
            threading.Event().wait(rng.uniform(0.3, 1.2))  # the instant of death is what the seed draws
            died_at = time.monotonic()
            if kind == "server":
                demo.kill()
            else:
                demo.kill_broker()
                _wait_boards_right(demo, died_at + RIGHT_WITHIN_S + 1.0, calm=False)  # 1 s: the watchdog's period
    finally:
        traffic.stop()
    if kind != "broker":
        demo.restart()
    _wait_boards_right(demo, time.monotonic() + RIGHT_WITHIN_S, calm=True)
    checked = hold_to(demo, promises)
    verified = demo.verify()
    assert verified.returncode == 0, verified.stdout + verified.stderr
    demo.stop()
    return checked


def _wait_boards_right(demo: Demo, deadline: float, *, calm: bool) -> None:
    """Retained boards must be there in time; when nobody works they must show exactly what the desks say."""
    token = demo.staff_token
    for zone in ("a", "b"):
        wait_for(f"board {zone}", lambda zone=zone: _board_is_right(demo, token, zone, calm=calm), max(0.1, deadline - time.monotonic()))  # type: ignore[misc]


def _board_is_right(demo: Demo, token: str, zone: str, *, calm: bool) -> bool:
    retained = _retained(demo, f"q/v1/board/{zone}/state")
    if retained is None or not calm:
        return retained is not None
    desks = [desk for desk in get(demo, token, "desks") if desk["zone"] == zone and desk["ticket"]]
    shown = {(entry["ticket"], entry["desk"]) for entry in retained["now"]}
    return shown == {(desk["ticket"]["number"], desk["desk"]) for desk in desks}


def _retained(demo: Demo, topic: str) -> dict[str, Any] | None:
    monitor = demo.mqtt["monitor"]
    command = ["mosquitto_sub", "-h", "127.0.0.1", "-p", str(demo.ports.mqtt), "-u", monitor["user"], "-P", monitor["password"]]
    done = subprocess.run([*command, "-t", topic, "-C", "1", "-W", "1"], capture_output=True, timeout=10, check=False)
    found: dict[str, Any] | None = json.loads(done.stdout) if done.stdout else None
    return found


class KilledDemo(Demo):
    """A demo that remembers a token for reading."""

    @property
    def staff_token(self) -> str:
        """A desk device's token: it may read."""
        return str(self.of_kind("desk")[0]["token"])


def main() -> None:
    """Run the rounds; any broken promise ends the run with a traceback and the seed."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=10)
    parser.add_argument("--seed", type=int, default=int.from_bytes(os.urandom(3)))
    parser.add_argument("--state", type=Path)
    arguments = parser.parse_args()
    done = json.loads(arguments.state.read_text()) if arguments.state and arguments.state.exists() else {"seed": arguments.seed, "rounds": 0}
    total: Counter[str] = Counter(done.get("total", {}))
    print(f"seed {done['seed']}, {done['rounds']} rounds done before", flush=True)
    with tempfile.TemporaryDirectory(prefix="kills-") as folder, contextlib.closing(KilledDemo(Path(folder))) as demo:
        demo.start().stop()
        for number in range(done["rounds"], arguments.rounds):
            kind = KINDS[number % len(KINDS)]
            started = time.monotonic()
            checked = run_round(demo, number, kind, random.Random(f"{done['seed']}-{number}"))
            total += checked
            print(f"round {number + 1}: {kind}: held {dict(checked)} in {time.monotonic() - started:.1f} s", flush=True)
            if arguments.state:
                arguments.state.write_text(json.dumps({"seed": done["seed"], "rounds": number + 1, "total": dict(total)}))
    print(f"{arguments.rounds} rounds, seed {done['seed']}: every promise held: {dict(total)}", flush=True)


if __name__ == "__main__":
    main()
