"""Every screen and state that visitors see, in one language and theme each.

Here a sample; `bash tests/long.sh pictures` has all of them in all, and every page in every shape and mode.
"""

import pytest
from playwright.sync_api import Browser

from tests.pictures.scenes import VISITORS
from tests.pictures.take import by_situation, faults
from tests.pictures.visit import Situation
from tests.sampling import some

ALBUM = by_situation(VISITORS)


@pytest.mark.parametrize("situation", some(ALBUM, *range(0, len(ALBUM), 4)), ids=lambda situation: situation.__name__)
@pytest.mark.timeout(600)
def test_a_screen_is_whole_in_every_state(browser: Browser, situation: Situation) -> None:
    assert faults(browser, ALBUM[situation]) == []
