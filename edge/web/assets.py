"""The files that pages load: read, digested and packed once at start, then served from memory under an address that names their content.

The digest is a folder of the address (`/static/<digest>/js/board.js`), so that relative imports of modules and fonts stay within one version,
and a browser may keep everything for ever: an update has other addresses. The price is that a changed file shows after a restart only.
"""

import gzip
import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from flask import Flask, Response, abort, request

FOLDER = Path(__file__).parent / "static"
ENDPOINT = "static"  # the name that url_for knows files by
FOR_EVER = "public, max-age=31536000, immutable"
# not the system's own table: a bare Debian knows no woff2. What has no kind here is not served.
KINDS: Mapping[str, str] = {
    ".css": "text/css",
    ".js": "text/javascript",
    ".json": "application/json",
    ".svg": "image/svg+xml",
    ".txt": "text/plain",
    ".wav": "audio/wav",
    ".woff2": "font/woff2",
}
PACKED_ALREADY = frozenset({".woff2"})


@dataclass(frozen=True, slots=True)
class Asset:
    """One file. ``packed``: the same by gzip, None when that gains nothing."""

    mimetype: str
    body: bytes
    packed: bytes | None
    tag: str


@dataclass(frozen=True, slots=True)
class Assets:
    """All files by their path below the folder. ``version`` changes with any of them."""

    version: str
    files: Mapping[str, Asset]


@cache
def load(folder: Path = FOLDER) -> Assets:
    """Read the folder, once in a process."""
    paths = sorted(path for path in folder.rglob("*") if path.suffix in KINDS)
    files = {path.relative_to(folder).as_posix(): _read(path) for path in paths}
    named = "\n".join(f"{name} {asset.tag}" for name, asset in files.items())
    return Assets(_digest(named.encode()), files)


def install(app: Flask, only: frozenset[str] | None = None) -> None:
    """Serve the files, or ``only`` some, and have `url_for` name them with their version."""
    assets = load()

    @app.url_defaults
    def _with_version(endpoint: str, values: dict[str, Any]) -> None:
        if endpoint == ENDPOINT:
            values.setdefault("version", assets.version)

    def send(version: str, filename: str) -> Response:
        if only is not None and filename not in only:
            abort(404)
        return _send(version, filename)

    app.add_url_rule("/static/<version>/<path:filename>", ENDPOINT, send)


def _send(version: str, filename: str) -> Response:
    """Answer with a file. A page of before an update gets today's, to be asked for again each time."""
    assets = load()
    asset = assets.files.get(filename)
    if asset is None:
        abort(404)
    packed = asset.packed if request.accept_encodings["gzip"] else None
    response = Response(asset.body if packed is None else packed, mimetype=asset.mimetype)
    if asset.packed is not None:
        response.vary.add("Accept-Encoding")
    if packed is not None:
        response.content_encoding = "gzip"
    response.set_etag(asset.tag if packed is None else f"{asset.tag}-gzip")
    response.headers["Cache-Control"] = FOR_EVER if version == assets.version else "no-cache"
    response.make_conditional(request)
    return response


def _read(path: Path) -> Asset:
    body = path.read_bytes()
    packed = None if path.suffix in PACKED_ALREADY else gzip.compress(body, 9, mtime=0)
    return Asset(KINDS[path.suffix], body, packed if packed and len(packed) < len(body) else None, _digest(body))


def _digest(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()[:16]
