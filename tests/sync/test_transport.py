"""What every request carries, and which answers count: real HTTP on 127.0.0.1 against a server that says what the test wants."""

import base64
import gzip
import json
import threading
import zlib
from collections.abc import Callable

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from edge.operations.node import node_of
from edge.sync.answers import Failed, Kind
from edge.sync.signing import Signer, digest
from edge.sync.transport import NDJSON, Endpoint, Range, Transport
from tests.sync.scripted import OURS, Heard, serving

SEED = bytes(range(32))


def transport(url: str, **more: str) -> Transport:
    return Transport(Endpoint(url, **{"token": "t-1", **more}), Signer(SEED), "kara-balta")


def saying(body: bytes, **headers: str) -> Callable[[Heard], tuple[int, dict[str, str], bytes]]:
    return lambda _: (200, {**OURS, **{name.replace("_", "-"): value for name, value in headers.items()}}, body)


def kind_of(url: str, *, proven: bool = True, path: str = "/sync/v1/feed") -> Kind:
    with pytest.raises(Failed) as caught:
        transport(url).get(path, {"centre": "kara-balta"}, proven=proven)
    return caught.value.judgement.kind


def test_a_request_is_signed_over_its_logical_path_and_carries_what_the_contract_asks_for() -> None:
    about = Range(3, 7, 9, "a" * 64, "b" * 64, "batch-1")
    with serving(saying(b"{}")) as server:
        transport(f"{server.url}/r1/KG/GOV/1/q/sync/", mode="xroad", xroad_client="KG/GOV/70000001/queue service").post(
            "/sync/v1/journal", b"x" * 5000, media=NDJSON, packed=True, about=about
        )
    one = server.heard[0]
    assert one.path == "/r1/KG/GOV/1/q/sync/sync/v1/journal"
    assert gzip.decompress(one.body) == b"x" * 5000
    assert one.body[4:8] == bytes(4), "no time in the gzip header"
    assert one.headers["content-digest"] == digest(one.body)
    assert one.headers["x-road-client"] == "KG/GOV/70000001/queue%20service"
    expected = {
        "authorization": "Bearer t-1",
        "x-centre": "kara-balta",
        "x-request-id": "batch-1",
        "x-epoch": "3",
        "x-first-seq": "7",
        "x-last-seq": "9",
        "x-prev-hash": "a" * 64,
        "x-last-hash": "b" * 64,
        "content-type": "application/x-ndjson",
        "content-encoding": "gzip",
        "x-sync-protocol": "1",
    }
    assert {name: one.headers[name] for name in expected} == expected
    key = base64.b64decode(Signer(SEED).public_key)
    assert one.headers["x-node"] == node_of(key)
    signed = f"qs1\nPOST\n/sync/v1/journal\nkara-balta\n3\n7\n9\n{digest(one.body)}\nbatch-1"
    Ed25519PublicKey.from_public_bytes(key).verify(base64.b64decode(one.headers["x-signature"]), signed.encode())


def test_a_question_is_signed_with_its_query_and_zeros() -> None:
    with serving(saying(b"{}", Content_Digest=digest(b"{}"))) as server:
        transport(server.url).get("/sync/v1/feed", {"centre": "kara-balta", "cursor": "a b/c", "limit": 5}, proven=True)
    one = server.heard[0]
    assert one.path == "/sync/v1/feed?centre=kara-balta&cursor=a%20b%2Fc&limit=5"
    assert "x-epoch" not in one.headers
    signed = f"qs1\nGET\n{one.path}\nkara-balta\n0\n0\n0\n\n{one.headers['x-request-id']}"
    key = Ed25519PublicKey.from_public_bytes(base64.b64decode(Signer(SEED).public_key))
    key.verify(base64.b64decode(one.headers["x-signature"]), signed.encode())


def test_the_digest_of_the_contract_is_ours() -> None:
    assert digest(b'{"hello":1}') == "sha-256=:DqCec9A1e7Yd3xfJ5iJWbJABaQmTnr60RtIcVYydLAo=:"


def test_a_packed_answer_is_proven_as_sent_and_given_unpacked() -> None:
    packed = gzip.compress(b'{"items":[]}')
    with serving(saying(packed, Content_Encoding="gzip", Content_Digest=digest(packed))) as server:
        assert json.loads(transport(server.url).get("/sync/v1/feed", {}, proven=True).body) == {"items": []}


TORN = gzip.compress(b"{}" * 1000)[:-9]
WRONG = [
    pytest.param(b"{}", {}, Kind.TRANSIENT, id="no digest"),
    pytest.param(b"{}", {"Content_Digest": digest(b"[]")}, Kind.TRANSIENT, id="another digest"),
    pytest.param(b"{}", {"Content_Length": "9"}, Kind.TRANSIENT, id="cut short"),
    pytest.param(TORN, {"Content_Encoding": "gzip", "Content_Digest": digest(TORN)}, Kind.TRANSIENT, id="torn gzip"),
    pytest.param(b"{}", {"Content_Encoding": "gzip", "Content_Digest": digest(b"{}")}, Kind.TRANSIENT, id="no gzip at all"),
    pytest.param(b"{}", {"Content_Encoding": "br"}, Kind.CONFIGURATION, id="packed otherwise"),
    pytest.param(b"{}", {"Content_Type": "text/html"}, Kind.CONFIGURATION, id="captive portal"),
    pytest.param(b"{}", {"X_Sync_Protocol": "7"}, Kind.CONFIGURATION, id="another protocol"),
]


@pytest.mark.parametrize(("body", "headers", "kind"), WRONG)
def test_an_answer_that_is_not_whole_and_proven_is_none(body: bytes, headers: dict[str, str], kind: Kind) -> None:
    with serving(saying(body, **headers)) as server:
        assert kind_of(server.url) is kind


def test_a_small_packed_answer_that_would_fill_the_memory_is_refused() -> None:
    packer = zlib.compressobj(9, zlib.DEFLATED, 31)
    bomb = b"".join([packer.compress(bytes(1024 * 1024)) for _ in range(80)] + [packer.flush()])
    with serving(saying(bomb, Content_Encoding="gzip", Content_Digest=digest(bomb))) as server:
        assert kind_of(server.url) is Kind.SHAPE


def test_a_redirect_is_never_followed() -> None:
    with serving(saying(b"{}")) as aim, serving(lambda _: (302, {"Location": f"{aim.url}/sync/v1/feed"}, b"")) as server:
        assert kind_of(server.url) is Kind.CONFIGURATION
        assert aim.heard == []


def test_a_server_that_is_not_there_or_hangs_up_is_tried_later(free_port: int) -> None:
    assert kind_of(f"http://127.0.0.1:{free_port}") is Kind.TRANSIENT
    with serving(lambda _: None) as server:
        assert kind_of(server.url) is Kind.TRANSIENT


def test_an_answer_that_does_not_come_in_time_is_a_time_out_and_more_patience_gets_it() -> None:
    late = threading.Event()

    def say(_: Heard) -> tuple[int, dict[str, str], bytes]:
        late.wait(5)
        return 200, OURS, b"{}"

    with serving(say) as server:
        one = transport(server.url)
        one.patience_s = 0.05
        with pytest.raises(Failed) as caught:
            one.get("/sync/v1/feed", {})
        assert caught.value.judgement.timed_out
        late.set()
        one.bear_longer()
        assert one.patience_s == 0.1
        one.patience_s = 5.0
        assert one.get("/sync/v1/feed", {}).body == b"{}"


def test_patience_grows_to_what_is_left_to_try_and_shrinks_only_where_there_was_time_enough() -> None:
    one = transport("http://127.0.0.1:9")
    for _ in range(3):
        one.bear_longer(120)
    assert one.patience_s == 120
    one.bear_longer()
    one.bear_longer(120)
    assert one.patience_s == 240, "what was waited for once is not taken back by a time-out"
    one.took_s = 80
    one.bear_as_usual()
    assert one.patience_s == 240
    one.took_s = 50
    one.bear_as_usual()
    assert one.patience_s == 120


def test_a_call_under_way_can_be_ended_from_outside() -> None:
    release = threading.Event()

    def say(_: Heard) -> tuple[int, dict[str, str], bytes]:
        calling.abort()
        release.wait(5)
        return 200, OURS, b"{}"

    with serving(say) as server:
        calling = transport(server.url)
        with pytest.raises(Failed) as caught:
            calling.get("/sync/v1/feed", {})
        release.set()
    assert caught.value.judgement.kind is Kind.TRANSIENT


def test_a_connection_is_kept_while_all_is_well_and_dropped_after_anything_odd() -> None:
    bodies = iter([b"{}", b"{}", b"<html>", b"{}"])
    with serving(lambda _: (200, OURS | ({} if (body := next(bodies)) == b"{}" else {"Content-Type": "text/html"}), body)) as server:
        one = transport(server.url)
        one.get("/", {})
        kept = one._socket
        one.get("/", {})
        assert one._socket is kept
        with pytest.raises(Failed):
            one.get("/", {})
        assert one._socket is None
        one.get("/", {})


def test_an_address_is_shown_without_its_password_and_a_token_never() -> None:
    endpoint = Endpoint("https://user:secret@national.example.kg/x", token="secret")
    assert endpoint.shown() == "https://national.example.kg/x"
    assert "secret" not in repr(endpoint).replace(endpoint.url, "")


def test_certificates_that_cannot_be_used_are_a_matter_of_configuration() -> None:
    assert kind_of_endpoint(Endpoint("https://127.0.0.1:1", ca="/nowhere/ca.pem")) is Kind.CONFIGURATION


def kind_of_endpoint(endpoint: Endpoint) -> Kind:
    with pytest.raises(Failed) as caught:
        Transport(endpoint, Signer(SEED), "kara-balta").get("/sync/v1/feed", {})
    return caught.value.judgement.kind
