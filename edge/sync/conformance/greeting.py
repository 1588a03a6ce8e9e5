"""Who may speak, and what a hello is answered: transport, credentials, the binding of a node, resume and push_from."""

import json
import re
from collections.abc import Mapping
from dataclasses import replace
from http import HTTPStatus
from typing import Any

from edge.queueing.chain import Envelope
from edge.sync.conformance import story
from edge.sync.conformance.bench import BATCH, FEED, HELLO, JOURNAL, SCOPES, Bench, a_count, a_list, a_text, an_object, clause, expect
from edge.sync.conformance.box import Box
from edge.sync.conformance.wire import Broken, Caller, Unseen

HEX = re.compile(r"[0-9a-f]{64}")
INSTANT = re.compile(r"\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}\.\d{3}Z")
OUT = (HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN)


@clause("hello", "the first node that says hello with a centre's token is bound to it", vital=True)
def first_hello(bench: Bench) -> None:
    if bench.was_here and resumed(bench):
        raise Unseen("the node was bound by an earlier run, whose journal it has copied")
    story.opening(bench.box)
    said = bench.hello()
    if said["action"] == "enrol":
        raise Broken(f"the server waits for an operator to bind node {bench.box.caller.node}: bind it, then run this again with the same --node-key")
    expect(
        said["action"] in ("push_from", "resume"), f"a new box of a new centre got {said['action']}: the suite needs a centre enrolled for it alone"
    )
    expect(said.get("acked") is None, f"a new centre has acked {said.get('acked')!r}: the suite needs a centre enrolled for it alone")
    if said["action"] == "push_from":
        expect((said.get("epoch"), said.get("from_seq")) == (1, 1), f"push_from names epoch {said.get('epoch')!r}, from_seq {said.get('from_seq')!r}")


@clause("hello", "an answer has all its fields")
def fields(bench: Bench) -> None:
    said = bench.said
    expect(a_text(said, "incarnation"), "incarnation is empty")
    expect(INSTANT.fullmatch(a_text(said, "server_time")), f"server_time is {said['server_time']!r}")
    for key in ("epoch", "durable_seq"):
        a_count(said, key)
    a_text(said, "feed_head")
    limits(said)
    digests = an_object(said, "digests")
    expect(digests, "digests is empty")
    for scope, value in digests.items():
        expect(scope in (*SCOPES, "config", "all"), f"digests has the unknown scope {scope!r}")
        expect(isinstance(value, str) and HEX.fullmatch(value), f"the digest of {scope} is {value!r}")


@clause("hello", "a box that speaks only a later version is told to upgrade, and nothing else happens")
def upgrade(bench: Bench) -> None:
    body = bench.box.hello(protocol={"min": 99, "max": 99})
    reply = bench.wire.call(bench.box.caller, "POST", HELLO, body)
    if reply.status != HTTPStatus.UPGRADE_REQUIRED:
        expect(reply.status == HTTPStatus.OK and reply.json.get("action") == "upgrade", f"answered {reply}")
    expect(bench.hello()["action"] in ("push_from", "resume"), "after it, the usual hello is not answered as before")


@clause("credentials", "a wrong token and none are 401")
def wrong_token(bench: Bench) -> None:
    for token in ("not-the-token", ""):
        reply = bench.wire.call(bench.box.caller, "POST", HELLO, bench.box.hello(), token=token)
        expect(reply.status in OUT, f"a hello with {'a wrong' if token else 'an empty'} token was answered {reply}")
    reply = bench.wire.call(bench.box.caller, "GET", f"{FEED}?centre={bench.box.caller.centre}&limit=1", more={"Authorization": None})
    expect(reply.status in OUT, f"a feed without a token was answered {reply}")


@clause("credentials", "a token opens no other centre")
def other_centre(bench: Bench) -> None:
    foreign = Caller("conformance-foreign", bench.box.caller.key)
    for path in (f"{FEED}?centre=conformance-foreign&limit=1", f"{JOURNAL}?centre=conformance-foreign&epoch=1&after=0&limit=1"):
        reply = bench.wire.call(foreign, "GET", path)
        expect(reply.status in (*OUT, HTTPStatus.NOT_FOUND), f"GET {path.partition('?')[0]} of another centre was answered {reply}")
    reply = bench.wire.call(foreign, "POST", HELLO, Box(foreign).hello())
    expect(reply.status in (*OUT, HTTPStatus.NOT_FOUND), f"a hello of another centre was answered {reply}")


@clause("hello", "a body whose Content-Digest is another is 400, or its digest is not looked at")
def wrong_digest(bench: Bench) -> None:
    reply = bench.wire.call(bench.box.caller, "POST", HELLO, bench.box.hello(), more={"Content-Digest": f"sha-256=:{'A' * 43}=:"})
    if reply.status == HTTPStatus.OK:
        bench.notes.append("the Content-Digest of a hello is not looked at: a hello that was changed on the way would be believed")
        return
    bench.refused(reply, BATCH, "digest")


@clause("hello", "a body that is no JSON, or has no head, is refused as JSON")
def nonsense(bench: Bench) -> None:
    without = json.loads(bench.box.hello())
    del without["head"]
    for body in (b"{", b"[]", b'"hello"', b"\xff\xfe", json.dumps(without).encode()):
        reply = bench.wire.call(bench.box.caller, "POST", HELLO, body)
        bench.refused(reply, BATCH)


@clause("hello", "a second node of the centre is fenced and its pushes are 409 stale_epoch; the first one goes on")
def second_node(bench: Bench) -> None:
    other = replace(bench.box, caller=bench.stranger, logs={1: []}, acked=None)
    story.opening(other)
    said = bench.hello(other)
    expect(said["action"] == "fenced", f"another node got {said['action']}")
    reply = bench.push(other.log, caller=bench.stranger)
    bench.refused(reply, (HTTPStatus.CONFLICT,), "stale_epoch")
    expect(bench.hello()["action"] in ("push_from", "resume"), f"afterwards the first node got {bench.said['action']}")


@clause("transport", "a path or method that is none of the protocol is 404 or 405")
def unknown_path(bench: Bench) -> None:
    for method, path in (("GET", "/sync/v1/nothing-here"), ("GET", HELLO), ("PUT", JOURNAL)):
        reply = bench.wire.call(bench.box.caller, method, path, judged=False)
        expect(reply.status in (HTTPStatus.NOT_FOUND, HTTPStatus.METHOD_NOT_ALLOWED), f"{method} {path} was answered {reply}")


@clause("credentials", "a wrong X-Signature: refused, or not looked at")
def wrong_signature(bench: Bench) -> None:
    signed = {"X-Signature": "A" * 86 + "=="}
    reply = bench.wire.call(bench.box.caller, "POST", HELLO, bench.box.hello(), more=signed)
    if reply.status == HTTPStatus.OK:
        raise Unseen("this server does not look at signatures, which it may")
    expect(reply.status in OUT, f"answered {reply}")


def resumed(bench: Bench) -> bool:
    """Let the box be what an earlier run left, by way of an empty one; tell whether there was something. Raises Broken."""
    said = bench.hello(empty=True)
    if said["action"] != "fast_forward":
        return False
    for step in said["lineage"]:
        lines = [Envelope(**json.loads(line)) for line in bench.stored(epoch=step["epoch"])]
        bench.box.logs[step["epoch"]] = lines
        bench.box.epoch = step["epoch"]
    said = bench.hello()
    expect(said["action"] == "new_epoch", f"a box that copied everything got {said['action']}")
    bench.box.begin(said["epoch"], bench.box.head, "rebuilt")
    story.opening(bench.box)
    return True


def limits(said: Mapping[str, Any]) -> None:
    """Raise Broken unless an answer has its limits."""
    found = an_object(said, "limits")
    for key in ("max_events", "max_bytes"):
        expect(a_count(found, key), f"limits.{key} is 0")
    a_list(found, "encodings")
