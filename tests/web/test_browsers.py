"""What protects a browser: names, headers, device cookies and CSRF."""

import pytest

from edge.web.security import hostname, is_allowed
from tests.web.conftest import Answer, Web, served

TICKET = {"service": "passport", "lang": "ky"}


def cookie_of(answer: Answer, name: str) -> str:
    """Return one cookie as it is sent back."""
    header = answer.headers["set-cookie"]
    assert header.startswith(f"{name}="), header
    return header.partition(";")[0]


def paired(web: Web, *devices: str) -> str:
    """Pair a browser by the demo's links; returns its Cookie header."""
    return "; ".join(cookie_of(web.send("GET", f"/demo/enter/{device}"), f"kezek_{device}") for device in devices)


def test_a_paired_browser_reads_by_its_cookie_alone(web: Web) -> None:
    answer = web.get("device/mqtt", Cookie=paired(web, "board-a"))

    assert answer.json["user"] == "board-a"


def test_the_device_cookie_is_out_of_reach_for_scripts_and_other_sites(web: Web) -> None:
    header = web.send("GET", "/demo/enter/board-a").headers["set-cookie"]

    assert {"HttpOnly", "SameSite=Strict", "Path=/"} <= {part.strip() for part in header.split(";")}


def test_a_browser_with_several_devices_says_which(web: Web) -> None:
    cookies = paired(web, "board-a", "kiosk-1")

    assert "X-Device" in web.get("device/mqtt", Cookie=cookies).problem(401)["detail"]
    assert web.get("device/mqtt", Cookie=cookies, X_Device="kiosk-1").json["user"] == "kiosk-1"
    assert web.get("device/mqtt?device=board-a", Cookie=cookies).json["user"] == "board-a"
    web.get("device/mqtt", Cookie=cookies, X_Device="desk-1").problem(401)


def test_a_forged_cookie_is_nobody(web: Web) -> None:
    web.get("device/mqtt", Cookie=f"kezek_desk-1={web.token('kiosk-1')}").problem(401)


def test_a_wrong_token_is_not_saved_by_a_cookie(web: Web) -> None:
    web.get("services", "nonsense", Cookie=paired(web, "kiosk-1")).problem(401)


def test_writing_by_cookie_needs_the_csrf_token_of_a_page_and_bearer_calls_do_not(web: Web) -> None:
    cookies = paired(web, "kiosk-1")
    web.post("tickets", TICKET, Cookie=cookies).problem(403, "csrf")

    page = web.send("GET", "/kiosk/kiosk-1/ru/service/passport", Cookie=cookies)
    token = page.body.decode().split('name="csrf_token" value="')[1].split('"')[0]
    session = cookie_of(page, "edge_session")

    assert web.post("tickets", TICKET, Cookie=f"{cookies}; {session}", X_CSRFToken=token).status == 201
    web.post("tickets", TICKET, Cookie=f"{cookies}; {session}", X_CSRFToken="wrong").problem(403, "csrf")
    assert web.post("tickets", TICKET, "kiosk-1").status == 201


@pytest.mark.parametrize("path", ["/", "/healthz", "/api/v1/services", "/nowhere", "/api/nowhere"])
def test_every_answer_carries_the_security_headers_and_no_banner(web: Web, path: str) -> None:
    headers = web.send("GET", path, Host="localhost").headers

    policy = headers["content-security-policy"]
    assert "default-src 'self'" in policy
    assert "connect-src 'self' ws://localhost:8083;" in policy
    assert "frame-ancestors 'none'" in policy
    assert "unsafe" not in policy
    assert headers["x-content-type-options"] == "nosniff"
    assert "server" not in headers
    assert headers.get("cache-control") == "no-store" or not path.startswith(("/api", "/healthz"))


def test_errors_are_documents_for_machines_and_pages_for_people(web: Web) -> None:
    web.send("GET", "/api/nowhere").problem(404)
    assert web.send("GET", "/nowhere").headers["content-type"].startswith("text/html")
    assert web.send("GET", "/nowhere").status == 404


@pytest.mark.parametrize("host", ["evil.example", "evil.example:8080", "10.0.0.7", "", "localhost.evil.example"])
def test_a_strange_host_is_refused_everywhere(web: Web, host: str) -> None:
    for path in ("/", "/healthz", "/api/v1/services"):
        answer = web.send("GET", path, Host=host)
        answer.problem(421, "unknown_host")
        assert "evil" not in answer.headers["content-security-policy"]


def test_configured_names_are_accepted(tmp_path_factory: pytest.TempPathFactory) -> None:
    with served(tmp_path_factory.mktemp("named"), allowed_hosts=("box.hall.example",)) as web:
        assert web.send("GET", "/healthz", Host="BOX.hall.example:8080").status == 200


@pytest.mark.parametrize(
    ("name", "bound", "allowed"),
    [
        ("192.168.1.7", "0.0.0.0", True),
        ("fe80::1", "0.0.0.0", True),
        ("192.168.1.7", "192.168.1.7", True),
        ("192.168.1.7", "127.0.0.1", False),
        ("box", "0.0.0.0", False),
    ],
)
def test_on_a_lan_addresses_are_accepted_and_names_only_if_configured(name: str, bound: str, allowed: bool) -> None:  # noqa: FBT001
    assert is_allowed(name, bound, ()) is allowed


@pytest.mark.parametrize(("host", "name"), [("[::1]:8080", "::1"), ("LocalHost:80", "localhost"), ("10.0.0.1", "10.0.0.1"), ("", "")])
def test_a_host_is_read_without_its_port(host: str, name: str) -> None:
    assert hostname(host) == name
