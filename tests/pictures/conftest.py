"""One Chromium for all scenes of a module."""

from tests.browser.conftest import browser

__all__ = ["browser"]
