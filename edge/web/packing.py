"""Pages are packed on their way out: a phone on the hall's network waits for a quarter of the bytes.

Packing what holds both a secret and somebody else's words can give the secret away to whoever sees the length of many answers (BREACH). Here
nobody can ask for such answers from outside: the cookies are SameSite=Strict, so a strange site gets the page of a stranger.
"""

import gzip

from flask import Flask, Response, request

LEAST_BYTES = 1_000  # one packet either way
LEVEL = 5  # a page in well under a millisecond, also on a small box


def install(app: Flask) -> None:
    """Pack the pages of ``app``; files were packed once for all by `assets`, answers of the API are small."""
    app.after_request(_packed)


def _packed(response: Response) -> Response:
    if response.mimetype != "text/html" or response.is_streamed or "Content-Encoding" in response.headers:
        return response
    response.vary.add("Accept-Encoding")
    body = response.get_data()
    if len(body) >= LEAST_BYTES and request.accept_encodings["gzip"]:
        response.set_data(gzip.compress(body, LEVEL, mtime=0))
        response.content_encoding = "gzip"
        tag, _ = response.get_etag()
        if tag:
            response.set_etag(tag, weak=True)  # the same page in other bytes
    return response
