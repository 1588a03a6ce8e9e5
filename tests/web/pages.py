"""A browser without JavaScript, just good enough to follow links and send forms as a person does: what a page holds is what is sent."""

import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from html.parser import HTMLParser
from http.cookiejar import CookieJar

from tests.web.conftest import PASSWORD, Web

Fields = list[tuple[str, str]]


@dataclass
class Form:
    """A form as it stands on the page; ``buttons``: name and value of each by its id; ``actions``: where a button sends it instead."""

    action: str
    fields: Fields = field(default_factory=list)
    buttons: dict[str, tuple[str, str]] = field(default_factory=dict)
    actions: dict[str, str] = field(default_factory=dict)


class _Reader(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.forms: list[Form] = []
        self.text: list[str] = []
        self.lang = ""
        self._area: str | None = None
        self._select: str | None = None

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        names = {name for name, _ in attrs}
        if tag == "html":
            self.lang = given["lang"]
        elif tag == "form":
            self.forms.append(Form(given.get("action", "")))
        if not self.forms:
            return
        form = self.forms[-1]
        if tag == "input" and given.get("name") and given.get("type") != "file":
            if given.get("type") != "checkbox" or "checked" in names:
                form.fields.append((given["name"], given.get("value", "")))
        elif tag == "button":
            form.buttons[given.get("id", "")] = (given.get("name", ""), given.get("value", ""))
            if "formaction" in given:
                form.actions[given.get("id", "")] = given["formaction"]
        elif tag == "textarea":
            self._area = given["name"]
            form.fields.append((self._area, ""))
        elif tag == "select":
            self._select = given["name"]
        elif tag == "option" and self._select and "selected" in names:
            form.fields.append((self._select, given["value"]))

    def handle_endtag(self, tag: str) -> None:
        if tag == "textarea":
            self._area = None
        elif tag == "select":
            self._select = None

    def handle_data(self, data: str) -> None:
        if self._area:
            name, before = self.forms[-1].fields[-1]
            self.forms[-1].fields[-1] = (name, before + (data.removeprefix("\n") if not before else data))
        elif data.strip():
            self.text.append(" ".join(data.split()))


@dataclass
class Page:
    """What came back."""

    status: int
    address: str
    body: str

    def __post_init__(self) -> None:
        """Read it."""
        self._reader = _Reader()
        self._reader.feed(self.body)

    @property
    def lang(self) -> str:
        return self._reader.lang

    @property
    def text(self) -> str:
        return " ".join(self._reader.text)

    def form(self, button: str) -> Form:
        """Return the form that has the button with this id."""
        return next(form for form in self._reader.forms if button in form.buttons)

    def typed(self, button: str, name: str) -> list[str]:
        """Return what a field of that form holds."""
        return [value for field_name, value in self.form(button).fields if field_name == name]

    def has(self, button: str) -> bool:
        return any(button in form.buttons for form in self._reader.forms)


class Person:
    """Somebody at a browser of their own, with cookies."""

    def __init__(self, web: Web, login: str | None = None, lang: str = "en") -> None:
        self._base = f"http://127.0.0.1:{web.port}"
        self._opener = urllib.request.build_opener(urllib.request.HTTPCookieProcessor(CookieJar()))
        self.open(f"/?lang={lang}")
        if login:
            page = self.open("/login")
            form = next(form for form in page._reader.forms if form.action.startswith("/login"))
            self.post(form.action or "/login", [*_with(form.fields, {"login": login, "password": PASSWORD})])

    def open(self, path: str) -> Page:
        return self._send(urllib.request.Request(urllib.parse.urljoin(self._base, path)))

    def post(self, path: str, fields: Fields) -> Page:
        return self._send(urllib.request.Request(urllib.parse.urljoin(self._base, path), urllib.parse.urlencode(fields).encode()))

    def press(self, page: Page, button: str, changes: Mapping[str, str | Sequence[str]] | None = None) -> Page:
        """Send the form of a button, with some fields typed over."""
        form = page.form(button)
        return self.post(form.actions.get(button, form.action), [*_with(form.fields, changes or {}), form.buttons[button]])

    def _send(self, request: urllib.request.Request) -> Page:
        try:
            with self._opener.open(request, timeout=20) as answer:
                return Page(answer.status, answer.url, answer.read().decode())
        except urllib.error.HTTPError as error:
            return Page(error.code, error.url, error.read().decode())


def _with(fields: Fields, changes: Mapping[str, str | Sequence[str]]) -> Fields:
    kept = [(name, value) for name, value in fields if name not in changes]
    return kept + [(name, each) for name, value in changes.items() for each in ([value] if isinstance(value, str) else value)]
