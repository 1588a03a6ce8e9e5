"""What many tests share: free ports and demo centres as real processes.

`demo` lives as long as the module that uses it: tests leave it usable for the next one (desks open and free). What kills, restarts or
fills a centre asks for `centre` and gets its own.
"""

import gc
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest
from hypothesis import settings
from playwright.sync_api import expect

from tests import shortcuts
from tests.browser.chromium import browser, chromium
from tests.demo_process import Demo, free_ports

__all__ = ["browser", "chromium"]  # one for all rooms: a second Playwright in one process is not allowed

settings.register_profile("edge", deadline=None)  # a busy machine is no fault of a rule; pytest-timeout ends what hangs
settings.load_profile("edge")
expect.set_options(timeout=20_000)  # the same of a page


shortcuts.hash_passwords_quickly()
shortcuts.compile_templates_once()
shortcuts.compile_routes_once()


def pytest_collection_finish() -> None:
    """Five thousand tests live as long as the run: they are not looked through again at every collection of garbage."""
    gc.collect()
    gc.freeze()


MakeDemo = Callable[..., Demo]


@pytest.fixture
def free_port() -> int:
    """A TCP port of 127.0.0.1 that nobody listens on."""
    return free_ports(1)[0]


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Demo]:
    """One running demo centre for the module; at the end server and broker must be gone."""
    with Demo(tmp_path_factory.mktemp("demo")) as running:
        yield running


@pytest.fixture
def centre(tmp_path: Path) -> Iterator[MakeDemo]:
    """Make running demo centres of this test's own: ``centre(*options, start=True, **environment)``."""
    with ExitStack() as stack:
        made = 0

        def make(*options: str, start: bool = True, **environment: str) -> Demo:
            nonlocal made
            made += 1
            data = tmp_path / f"centre-{made}"
            data.mkdir()
            demo = Demo(data, options=options, environment=environment)
            stack.callback(demo.close)
            return demo.start() if start else demo

        yield make
