"""Mutual TLS: who is trusted, who is not, and that a renewed certificate is taken without a restart."""

import shutil
import ssl
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from edge.sync.answers import Failed, Kind
from edge.sync.signing import Signer
from edge.sync.transport import Endpoint, Transport
from tests.sync.certificates import Authority
from tests.sync.scripted import OURS, Server, serving


@pytest.fixture(scope="module")
def country(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    return Authority(tmp_path_factory.mktemp("country"), "country")


@pytest.fixture(scope="module")
def server(country: Authority) -> Iterator[Server]:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(*country.signs("server"))
    context.load_verify_locations(country.file)
    context.verify_mode = ssl.CERT_REQUIRED
    with serving(lambda _: (200, OURS, b"{}"), context) as running:
        yield running


def link(server: Server, ca: Path, files: tuple[Path, Path] | None) -> Transport:
    cert, key = map(str, files) if files else ("", "")
    return Transport(Endpoint(server.url, ca=str(ca), cert=cert, key=key), Signer(bytes(32)), "kara-balta")


def kind(one: Transport) -> Kind:
    try:
        one.get("/sync/v1/feed", {})
    except Failed as error:
        return error.judgement.kind
    return Kind.GOOD


def test_both_sides_show_who_they_are(server: Server, country: Authority) -> None:
    assert kind(link(server, country.file, country.signs("box"))) is Kind.GOOD


def test_without_a_certificate_of_its_own_a_box_is_told_so(server: Server, country: Authority) -> None:
    assert kind(link(server, country.file, None)) is Kind.CREDENTIAL


def test_a_server_of_another_authority_is_not_believed(server: Server, country: Authority, tmp_path: Path) -> None:
    stranger = Authority(tmp_path, "stranger")
    assert kind(link(server, stranger.file, country.signs("box"))) is Kind.CREDENTIAL


def test_an_expired_certificate_is_said_and_its_successor_taken_without_a_restart(server: Server, country: Authority, tmp_path: Path) -> None:
    files = tmp_path / "box.crt", tmp_path / "box.key"
    for old, place in zip(country.signs("expired", timedelta(days=-1)), files, strict=True):
        shutil.copyfile(old, place)
    one = link(server, country.file, files)
    assert kind(one) is Kind.CREDENTIAL
    for new, place in zip(country.signs("renewed"), files, strict=True):
        shutil.copyfile(new, place)
    assert kind(one) is Kind.GOOD


def test_a_server_whose_certificate_has_expired_is_not_believed(country: Authority) -> None:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(*country.signs("old", timedelta(days=-1)))
    with serving(lambda _: (200, OURS, b"{}"), context) as old:
        assert kind(link(old, country.file, None)) is Kind.CREDENTIAL


def test_a_server_without_tls_is_no_matter_of_certificates(country: Authority) -> None:
    with serving(lambda _: (200, OURS, b"{}")) as plain:
        plain.url = plain.url.replace("http:", "https:")
        assert kind(link(plain, country.file, None)) is Kind.TRANSIENT
