"""What networks and the things in them answer instead of the truth, as meddlings: each row of the fault matrix that is about answers or requests.

`ONCE` may come at any moment and only delays: once the truth is told again, the link goes on. Nothing here is ever an acknowledgement.
"""

import gzip
import json
from collections.abc import Callable
from dataclasses import replace
from typing import Any

from tests.sync.meddler import PROTOCOL, Asked, Forward, Meddling, Said

JSON = {**PROTOCOL, "Content-Type": "application/json"}
PAGE = b"<!DOCTYPE html><html><body>Welcome to the free Wi-Fi. Please accept the terms.</body></html>"
FAR = 9_000_000_000


def error(status: int, word: str = "busy", **headers: str) -> Meddling:
    """Answer with an error of the contract instead of asking."""
    body = json.dumps({"error": word, "detail": "a test says so"}).encode()
    return lambda _asked, _forward: Said(status, {**JSON, **{name.replace("_", "-"): value for name, value in headers.items()}}, body)


def road(status: int, code: str) -> Meddling:
    """Answer as an X-Road security server that could not pass the request on."""
    body = json.dumps({"type": code, "message": "a test says so", "detail": "none"}).encode()
    return lambda _asked, _forward: Said(status, {"Content-Type": "application/json", "X-Road-Error": code}, body)


def told(change: Callable[[Said], Said | bytes | None]) -> Meddling:
    """Let the server do its work and change what it says."""
    return lambda _asked, forward: change(forward())


def acked(change: Callable[[dict[str, Any]], None]) -> Meddling:
    """Let the server do its work and change the object that it says."""

    def changed(said: Said) -> Said:
        values = json.loads(said.body)
        change(values)
        headers = {name: value for name, value in said.headers.items() if name.lower() not in ("content-digest", "content-encoding")}
        return Said(said.status, headers, json.dumps(values).encode())

    return told(changed)


def _without_header(said: Said) -> Said:
    return replace(said, headers={name: value for name, value in said.headers.items() if name.lower() != "x-sync-protocol"})


def _zipped_and_cut(said: Said) -> Said:
    body = gzip.compress(said.body)
    return Said(said.status, {**said.headers, "Content-Encoding": "gzip"}, body[: len(body) // 2])


def _ack(**changed: object) -> Callable[[dict[str, Any]], None]:
    def change(values: dict[str, Any]) -> None:
        values["acked"] = {**(values.get("acked") or {}), **changed}

    return change


def _older(values: dict[str, Any]) -> None:
    """The answer to a push long ago comes now."""
    acked_ = values.get("acked")
    if acked_:
        values["acked"] = {**acked_, "seq": max(1, acked_["seq"] - 1), "hash": "0" * 64}


def twice(_: Asked, forward: Forward) -> Said:
    """Deliver the request twice; the second answer is the one that arrives."""
    forward()
    return forward()


def truncated(meddle: "Callable[[Asked], Said]") -> Meddling:
    """Deliver the request with half of its body; ``meddle`` asks the true server."""
    return lambda asked, _forward: meddle(replace(asked, body=asked.body[: len(asked.body) // 2]))


def drop_answer(_: Asked, forward: Forward) -> None:
    """The server did it, and the answer is lost."""
    forward()


def drop_request(_: Asked, __: Forward) -> None:
    """The request is lost."""


ONCE: dict[str, Meddling] = {
    "request lost": drop_request,
    "answer lost": drop_answer,
    "answer torn": told(lambda said: replace(said, body=said.body[: len(said.body) // 2], length=len(said.body))),
    "answer empty": told(lambda said: said.with_body(b"")),
    "gzip cut": told(_zipped_and_cut),
    "length too small": told(lambda said: replace(said, length=max(1, len(said.body) - 5))),
    "no HTTP": told(lambda _: b"\x00\x01 what is this \xff\xfe"),
    "200 HTML": lambda _asked, _forward: Said(200, {"Content-Type": "text/html"}, PAGE),
    "200 HTML with our header": lambda _asked, _forward: Said(200, {**PROTOCOL, "Content-Type": "text/html"}, PAGE),
    "200 without protocol header": told(_without_header),
    "200 not JSON": told(lambda said: said.with_body(b"{not json")),
    "200 a list": told(lambda said: said.with_body(b"[]")),
    "200 an empty object": told(lambda _: Said(200, JSON, b"{}")),
    "204": lambda _asked, _forward: Said(204, PROTOCOL),
    "302": lambda _asked, _forward: Said(302, {"Location": "http://127.0.0.1:9/login", "Content-Type": "text/html"}, PAGE),
    "request twice": twice,
    **{f"{status}": error(status) for status in (408, 425, 429, 500, 502, 503, 504)},
    "429 with Retry-After": error(429, Retry_After="1"),
    "500 HTML": lambda _asked, _forward: Said(500, {"Content-Type": "text/html"}, PAGE),
    "X-Road Server.ClientProxy": road(500, "Server.ClientProxy.NetworkError"),
    "X-Road Server.ServerProxy": road(500, "Server.ServerProxy.ServiceFailed"),
    "X-Road Client": road(400, "Client.InvalidRequest"),
    "401": error(401, "credential"),
    "403": error(403, "credential"),
    "404": error(404, "unknown"),
    "405": error(405, "method"),
    "404 HTML": lambda _asked, _forward: Said(404, {"Content-Type": "text/html"}, PAGE),
    "413": error(413, "too_large"),
    "415": error(415, "encoding"),
    "422": error(422, "envelope"),
    "426": error(426, "version"),
    **{f"400 {word}": error(400, word) for word in ("digest", "headers", "chain", "envelope")},
    **{f"409 {word}": error(409, word) for word in ("gap", "stale_epoch", "cursor_ahead")},
}

PUSH_ONCE: dict[str, Meddling] = {
    "ack missing": acked(lambda values: values.pop("acked")),
    "ack null": acked(lambda values: values.update(acked=None)),
    "ack of an older epoch": acked(_ack(epoch=0)),
    "ack of a newer epoch": acked(_ack(epoch=FAR)),
    "ack beyond the head": acked(_ack(seq=FAR)),
    "ack with another hash": acked(_ack(hash="f" * 64)),
    "ack of words": acked(_ack(seq="many")),
    "ack long ago": acked(_older),
    "durable beyond everything": acked(lambda values: values.update(durable_seq=-5)),
    "limits of nothing": acked(lambda values: values.update(limits={"max_events": 0, "max_bytes": 0, "encodings": []})),
    "pause of words": acked(lambda values: values.update(pause_ms="soon")),
}
