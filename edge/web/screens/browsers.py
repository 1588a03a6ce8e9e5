"""What a browser says it is, in a few words: only names known here are repeated, never what a stranger wrote."""

import re
from collections.abc import Sequence

_BROWSERS: Sequence[tuple[str, str]] = (  # the first that is found: most claim to be several others, too
    ("Edge", r"Edg(?:A|iOS)?/(\d{1,4})"),
    ("Opera", r"OPR/(\d{1,4})"),
    ("Samsung Internet", r"SamsungBrowser/(\d{1,4})"),
    ("Yandex", r"YaBrowser/(\d{1,4})"),
    ("Firefox", r"(?:Firefox|FxiOS)/(\d{1,4})"),
    ("Chromium", r"(?:HeadlessChrome|Chrome|Chromium|CriOS)/(\d{1,4})"),
    ("Safari", r"Version/(\d{1,4})[\d.]* (?:Mobile/\w+ )?Safari/"),
)
_SYSTEMS: Sequence[tuple[str, str]] = (
    ("Tizen", "Tizen"),
    ("webOS", "Web0S|webOS"),
    ("Android", "Android"),
    ("iPad", "iPad"),
    ("iPhone", "iPhone"),
    ("Windows", "Windows"),
    ("ChromeOS", "CrOS"),
    ("macOS", "Mac OS X|Macintosh"),
    ("Linux, ARM", r"Linux (?:aarch64|armv\w+)"),
    ("Linux", "Linux"),
)
UNKNOWN = "?"
_BROWSER = re.compile(r"Mozilla/|Opera/")


def model(agent: str) -> str:
    """Return such as "Chromium 130, Linux", or a question mark."""
    browsers = (f"{name} {found[1]}" for name, pattern in _BROWSERS if (found := re.search(pattern, agent)))
    systems = (name for name, pattern in _SYSTEMS if re.search(pattern, agent))
    return ", ".join(filter(None, (next(browsers, ""), next(systems, "")))) or UNKNOWN


def thing(model_of_device: str) -> str:
    """Return what a registered device calls itself; of a browser in a few words."""
    return model(model_of_device) if _BROWSER.match(model_of_device) else model_of_device
