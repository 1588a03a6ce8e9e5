"""Files of the pages: packed, kept for ever under their version, and protected like every other answer."""

import gzip
import re
from pathlib import Path
from typing import Any

import pytest

from edge.web import assets
from tests.web.conftest import Answer, Web

MODULE = "js/live.js"


def fetch(web: Web, name: str, version: str | None = None, **headers: Any) -> Answer:
    return web.send("GET", f"/static/{version or assets.load().version}/{name}", **headers)


def test_a_page_names_its_files_by_their_version_and_a_browser_keeps_them_for_ever(web: Web) -> None:
    page = web.send("GET", "/").body.decode()
    addresses = set(re.findall(r'(?:href|src)="(/static/[^"#]+)', page))
    assert addresses
    for address in addresses:
        assert address.startswith(f"/static/{assets.load().version}/")
        answer = web.send("GET", address)
        assert answer.status == 200, address
        assert answer.headers["cache-control"] == "public, max-age=31536000, immutable"


def test_a_page_of_before_an_update_gets_todays_files_and_keeps_none(web: Web) -> None:
    answer = fetch(web, MODULE, version="0123456789abcdef")
    assert answer.body == assets.load().files[MODULE].body
    assert answer.headers["cache-control"] == "no-cache"


def test_whoever_understands_gzip_gets_it_and_the_others_the_file_itself(web: Web) -> None:
    packed, plain = fetch(web, MODULE, Accept_Encoding="gzip, deflate"), fetch(web, MODULE, Accept_Encoding="gzip;q=0")
    assert packed.headers["content-encoding"] == "gzip"
    assert "content-encoding" not in plain.headers
    assert packed.headers["vary"] == plain.headers["vary"] == "Accept-Encoding"
    assert gzip.decompress(packed.body) == plain.body == (assets.FOLDER / MODULE).read_bytes()
    assert packed.headers["etag"] != plain.headers["etag"]


def test_a_page_is_packed_for_whoever_understands_it_and_an_answer_of_the_api_never(web: Web) -> None:
    packed, plain = (web.send("GET", "/", Accept_Encoding=encoding) for encoding in ("gzip, deflate", "identity"))
    assert packed.headers["content-encoding"] == "gzip"
    assert "content-encoding" not in plain.headers
    assert "Accept-Encoding" in packed.headers["vary"]
    assert "Accept-Encoding" in plain.headers["vary"]
    assert int(packed.headers["content-length"]) == len(packed.body) < len(plain.body) / 2
    assert b"</html>" in gzip.decompress(packed.body)
    assert "content-encoding" not in web.get("categories", "kiosk-1", Accept_Encoding="gzip").headers


def test_what_a_browser_has_is_not_sent_again(web: Web) -> None:
    tag = fetch(web, MODULE, version="old").headers["etag"]
    answer = fetch(web, MODULE, version="old", If_None_Match=tag)
    assert (answer.status, answer.body) == (304, b"")


def test_a_font_is_not_packed_twice_and_has_its_kind(web: Web) -> None:
    answer = fetch(web, "vendor/golos-text-latin-wght-normal.woff2", Accept_Encoding="gzip")
    assert answer.headers["content-type"] == "font/woff2"
    assert "content-encoding" not in answer.headers


def test_files_are_protected_like_every_other_answer(web: Web) -> None:
    headers = fetch(web, MODULE).headers
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["cross-origin-resource-policy"] == "same-origin"
    assert "default-src 'self'" in headers["content-security-policy"]
    assert headers["content-type"] == "text/javascript; charset=utf-8"
    assert "set-cookie" not in headers
    fetch(web, MODULE, Host="evil.example").problem(421, "unknown_host")


@pytest.mark.parametrize("name", ["js/none.js", "../app.py", "js/../../app.py", "%2e%2e/app.py", "vendor", ""])
def test_nothing_but_the_files_is_found(web: Web, name: str) -> None:
    assert fetch(web, name).status == 404
    assert web.send("GET", f"/static/{MODULE}").status == 404


def test_a_changed_file_changes_the_version(tmp_path: Path) -> None:
    (tmp_path / "css").mkdir()
    (tmp_path / "css/a.css").write_text("a{}")
    (tmp_path / "css/a.css~").write_text("not a file of ours")
    before = assets.load(tmp_path)
    assets.load.cache_clear()
    (tmp_path / "css/a.css").write_text("b{}")
    after = assets.load(tmp_path)
    assert before.files.keys() == after.files.keys() == {"css/a.css"}
    assert before.version != after.version


def test_modules_and_stylesheets_name_each_other_relatively_and_only_what_is_there() -> None:
    files = assets.load().files
    for name, asset in files.items():
        if name.startswith("vendor/") or not name.endswith((".js", ".css")):
            continue
        for reference in re.findall(r'(?:from |import\(?|url\()"([^"]+)"', asset.body.decode()):
            target = (assets.FOLDER / name).parent.joinpath(reference).resolve().relative_to(assets.FOLDER).as_posix()
            assert target in files, f"{name} names {reference}"
