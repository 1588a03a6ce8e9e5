"""The landing page and the screens behind it, as curl sees them: same origin only, and every screen one plain link away."""

import re
import subprocess
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import urljoin, urlsplit

import pytest

from tests.journeys.hall import Hall
from tests.journeys.http_client import Answer, Request, send

LOADS = {"src", "srcset", "action", "formaction", "poster", "data"}


class Page(HTMLParser):
    """Collects what a page links to (plain ``a href``) and what it loads."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.links: list[str] = []
        self.loads: list[str] = []
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Take the addresses of one tag."""
        for name, value in attrs:
            if value and name == "href" and tag == "a":
                self.links.append(value)
            elif value and (name in LOADS or (name == "href" and tag == "link")):
                self.loads.append(value)


@pytest.fixture(scope="module")
def landing(shared: Hall) -> Answer:
    """`GET /`."""
    return send(shared.base, Request("GET", "/"))


def test_the_landing_page_links_every_kiosk_desk_and_board(hall: Hall, landing: Answer) -> None:
    assert landing.status == 200
    links = Page(landing.body.decode()).links
    for kind, number in (("kiosk", 2), ("desk", 8), ("board", 2)):
        assert len({link for link in links if kind in link}) >= number, f"{kind}: {links}"
    assert all(urlsplit(link).netloc == "" or link.startswith(hall.base) for link in links)


def test_every_link_of_the_landing_page_opens_and_loads_nothing_from_elsewhere(hall: Hall, landing: Answer, tmp_path: Path) -> None:
    for number, link in enumerate(Page(landing.body.decode()).links):
        target, jar, body = urljoin(hall.base + "/", link), tmp_path / f"jar-{number}", tmp_path / f"page-{number}"
        command = [
            "curl",
            "-sS",
            "-L",
            "--max-time",
            "20",
            "-c",
            str(jar),
            "-b",
            str(jar),
            "-o",
            str(body),
            "-w",
            "%{http_code} %{url_effective}",
            target,
        ]
        done = subprocess.run(command, capture_output=True, text=True, check=True)
        status, _, address = done.stdout.partition(" ")
        assert status == "200", f"{link}: {done.stdout}"
        assert address.startswith(hall.base)
        for loaded in Page(body.read_text(encoding="utf-8")).loads:
            assert urljoin(address, loaded).startswith((hall.base, "data:")), f"{link} loads {loaded}"
        assert not re.search(r"""url\(\s*['"]?(?:https?:)?//""", body.read_text(encoding="utf-8"))


def test_pages_carry_a_policy_that_lets_nothing_in_from_elsewhere(landing: Answer) -> None:
    policy = dict(part.strip().split(" ", 1) for part in landing.headers["content-security-policy"].split(";") if " " in part.strip())
    assert policy["default-src"] in ("'self'", "'none'")
    allowed = {word for value in policy.values() for word in value.split()}
    assert not any(word.startswith(("http:", "https:", "*")) or word in ("'unsafe-inline'", "'unsafe-eval'") for word in allowed), policy
    assert landing.headers["x-content-type-options"] == "nosniff"


def test_the_landing_page_hands_out_no_secret(hall: Hall, landing: Answer) -> None:
    text = landing.body.decode()
    for device in hall.devices.values():
        assert device["password"] not in text
        assert device["token"] not in text


def test_a_screens_cookie_reads_its_broker_login_and_changes_nothing_without_the_pages_token(hall: Hall, tmp_path: Path) -> None:
    jar = str(tmp_path / "jar")

    def browse(*arguments: str) -> str:
        command = ["curl", "-sS", "-i", "--max-time", "20", "-c", jar, "-b", jar, *arguments]
        return subprocess.run(command, capture_output=True, text=True, check=True).stdout

    kiosk = hall.of_kind("kiosk")[0]
    link = next(link for link in Page(send(hall.base, Request("GET", "/")).body.decode()).links if kiosk in link)
    cookies = [line for line in browse(urljoin(hall.base, link)).splitlines() if line.lower().startswith("set-cookie:")]
    assert cookies
    assert all("HttpOnly" in cookie and "SameSite=Strict" in cookie for cookie in cookies)
    assert f'"user":"{kiosk}"' in browse(f"{hall.base}/api/v1/device/mqtt").replace(" ", "")
    refused = browse("-H", "Content-Type: application/json", "-d", '{"service":"passport","lang":"ky"}', f"{hall.base}/api/v1/tickets")
    assert refused.splitlines()[0].split()[1] in ("400", "403")
    assert hall.board("a")["next"] == []


def test_a_tickets_track_url_is_a_page_with_its_number_and_an_invented_one_is_404(hall: Hall) -> None:
    ticket = hall.issue("passport")
    page = send(hall.base, Request("GET", ticket["track_url"]))
    assert page.status == 200
    assert ticket["number"] in page.body.decode()
    assert send(hall.base, Request("GET", ticket["track_url"][:-4] + "AAAA")).status == 404


def test_browsers_reach_the_broker_by_websocket(hall: Hall) -> None:
    address = hall.get("/device/mqtt", hall.kiosk)["ws_url"].replace("ws://", "http://")
    assert str(hall.described["mqtt"]["ws_port"]) in address
    headers = ["Connection: Upgrade", "Upgrade: websocket", "Sec-WebSocket-Version: 13", "Sec-WebSocket-Protocol: mqtt"]
    headers.append("Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==")
    command = ["curl", "-sS", "-i", "-N", "--http1.1", "--max-time", "2", *(part for header in headers for part in ("-H", header)), address]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL) as curl:
        assert curl.stdout
        assert curl.stdout.readline().split()[1] == b"101"
        curl.terminate()


def test_health_needs_no_login_and_says_what_it_checked(hall: Hall) -> None:
    health = hall.health()
    assert health["status"] == "ok"
    assert health["checks"]
    assert {"state", "pending", "epoch", "head", "acked", "since", "bytes"} <= health["sync"].keys()
    assert (health["sync"]["state"], health["sync"]["epoch"], health["sync"]["acked"]) == ("off", 1, health["sync"]["acked"])
