"""waitress around the application: bound before it says so, ended by SIGTERM or SIGINT within seconds."""

import logging
import signal
from collections.abc import Callable
from types import FrameType
from typing import Any, NoReturn

import waitress  # type: ignore[import-untyped]

THREADS = 12
READ_UP_TO = 256 * 1024 * 1024  # what is above our own limit is read and refused in the form of the protocol; beyond, the connection ends


def listening(app: Callable[..., Any], host: str, port: int) -> Any:
    """Return a waitress server that has its port; ``port`` 0 takes a free one (`effective_port`). `run` serves. Raises OSError."""
    logging.getLogger("waitress.queue").setLevel(logging.ERROR)  # a busy second is not worth a line per request
    return waitress.create_server(
        app,
        host=host,
        port=port,
        threads=THREADS,
        ident=None,
        max_request_body_size=READ_UP_TO,
        recv_bytes=65_536,
        asyncore_use_poll=True,
        channel_timeout=120,
        connection_limit=1000,
        clear_untrusted_proxy_headers=True,
    )


def serve(app: Callable[..., Any], host: str, port: int, ready: Callable[[str], None]) -> None:
    """Serve until a signal; ``ready`` is told the address. Raises OSError."""
    server = listening(app, host, port)

    def stop(_number: int, _frame: FrameType | None) -> NoReturn:
        raise SystemExit

    for each in (signal.SIGTERM, signal.SIGINT):
        signal.signal(each, stop)
    shown = "127.0.0.1" if host in {"0.0.0.0", "::"} else host  # noqa: S104 -- compared with, not bound
    ready(f"http://{shown}:{server.effective_port}")
    server.run()  # a SystemExit ends it; what is being answered has five seconds
