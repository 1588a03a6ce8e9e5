"""The suite from its first hello to the report: every clause in the order of the text, each kept, broken or not seen."""

import ssl
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, load_pem_private_key

from edge.errors import ConfigError
from edge.sync.conformance import epochs, greeting, pushing, reading, rights
from edge.sync.conformance.bench import CLAUSES, Bench, Clause
from edge.sync.conformance.box import Box
from edge.sync.conformance.wire import Broken, Caller, Silent, Unseen, Wire

ROOMS = [room.__name__ for room in (greeting, pushing, reading, rights, epochs)]  # the order in which they are asked
EVERY_ANSWER = {
    "protocol": "every answer carries X-Sync-Protocol: 1",
    "type": "every answer is application/json, or application/x-ndjson where lines are asked for",
    "error": "every error is {error, detail}",
    "digest": "Content-Length and Content-Digest of journal and feed pages agree with what came",
}


class Verdict(StrEnum):
    """What became of a clause."""

    KEPT = "kept"
    BROKEN = "BROKEN"
    UNSEEN = "not seen"


@dataclass(frozen=True, slots=True)
class Finding:
    """One line of the report. ``why``: what the server did instead, or why nothing could be seen; empty when kept."""

    room: str
    sentence: str
    verdict: Verdict
    why: str = ""
    took_s: float = 0.0


@dataclass(frozen=True, slots=True)
class Target:
    """Whom to ask and as whom. ``node_key``: a PEM file that is made when it is not there, so that an operator can bind the node between two runs."""

    url: str
    token: str
    centre: str
    ca: Path | None = None
    cert: Path | None = None
    cert_key: Path | None = None
    node_key: Path | None = None
    patience_s: float = 15.0


def run(target: Target, tell: Callable[[Finding], None]) -> Bench:
    """Ask everything; ``tell`` gets each finding as it is known. Raises ConfigError when a file cannot be used."""
    key, was_here = _key(target.node_key)
    caller = Caller(target.centre, key)
    wire = Wire(target.url, target.token, _tls(target))
    bench = Bench(wire, Box(caller), Caller(target.centre, Ed25519PrivateKey.generate()), target.patience_s, was_here=was_here)
    for finding in _findings(bench):
        tell(finding)
    return bench


def _findings(bench: Bench) -> Iterator[Finding]:
    lost = ""
    for clause in sorted(CLAUSES, key=lambda each: ROOMS.index(each.check.__module__)):
        if lost:
            yield Finding(clause.room, clause.sentence, Verdict.UNSEEN, lost)
            continue
        finding = _looked_at(bench, clause)
        yield finding
        if finding.verdict is Verdict.BROKEN and clause.vital:
            lost = f"because this is broken: {clause.sentence}"
    for key, sentence in EVERY_ANSWER.items():
        why = bench.wire.breaches.get(key, "")
        yield Finding("transport", sentence, Verdict.BROKEN if why else Verdict.KEPT, why)


def _looked_at(bench: Bench, clause: Clause) -> Finding:
    began = time.monotonic()
    verdict, why = Verdict.KEPT, ""
    try:
        clause.check(bench)
    except Unseen as error:
        verdict, why = Verdict.UNSEEN, str(error)
    except Broken as error:
        verdict, why = Verdict.BROKEN, str(error)
        _settle(bench)
    except (KeyError, TypeError, ValueError, AttributeError, IndexError) as error:
        verdict, why = Verdict.BROKEN, f"an answer has another shape than the suite can read: {error!r}"
        _settle(bench)
    return Finding(clause.room, clause.sentence, verdict, why, time.monotonic() - began)


def _settle(bench: Bench) -> None:
    """After a broken clause: let the box have what the server has of its epoch, so that one fault is not reported twenty times."""
    if bench.box.acked is None:
        return
    try:
        held = len(bench.stored())
    except (Broken, Silent):
        return
    if held < bench.box.head.seq:
        bench.box.logs[bench.box.epoch] = bench.box.log[:held]
    if bench.box.acked and bench.box.acked["seq"] > held:
        bench.box.acked = None


def _key(path: Path | None) -> tuple[Ed25519PrivateKey, bool]:
    """Return the key of the box, and whether an earlier run used it."""
    if path is None:
        return Ed25519PrivateKey.generate(), False
    try:
        found = load_pem_private_key(path.read_bytes(), password=None)
    except FileNotFoundError:
        key = Ed25519PrivateKey.generate()
        path.touch(mode=0o600)
        path.write_bytes(key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
        return key, False
    except (OSError, ValueError, TypeError) as error:
        raise ConfigError(f"{path} is no private key that can be read: {error}") from error
    if not isinstance(found, Ed25519PrivateKey):
        raise ConfigError(f"{path} is a private key of another kind: must be Ed25519")
    return found, True


def _tls(target: Target) -> ssl.SSLContext | None:
    if not target.url.startswith("https:"):
        return None
    try:
        context = ssl.create_default_context(cafile=str(target.ca) if target.ca else None)
        if target.cert:
            context.load_cert_chain(target.cert, target.cert_key)
    except (OSError, ssl.SSLError) as error:
        raise ConfigError(f"the certificates cannot be used: {error}") from error
    return context
