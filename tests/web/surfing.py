"""A browser without scripts: it keeps cookies, fills in forms and follows no redirect by itself."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from urllib.parse import urlencode

from tests.web.conftest import PASSWORD, PIN, Answer, Web


@dataclass
class Browser:
    """One browser profile at a served centre."""

    web: Web
    cookies: dict[str, str] = field(default_factory=dict)

    def get(self, path: str, headers: Mapping[str, str] | None = None) -> Answer:
        return self._send("GET", path, None, headers or {})

    def post(self, path: str, form: Mapping[str, str] | None = None, *, csrf: str | None = "", headers: Mapping[str, str] | None = None) -> Answer:
        """Send a form; ``csrf``: its token, None for none, and that of the login page if it is not given."""
        token = self.csrf() if csrf == "" else csrf
        return self._send("POST", path, {**(form or {}), **({"csrf_token": token} if token is not None else {})}, headers or {})

    def csrf(self) -> str:
        """Return the token of a fresh page."""
        return field_of(self.get("/login"), "csrf_token")

    def key(self) -> str:
        """Return the key of a fresh page of staff."""
        return field_of(self.get("/staff"), "key")

    def pair(self, device: str) -> "Browser":
        assert self.get(f"/demo/enter/{device}").status == 303
        return self

    def log_in(self, login: str, password: str = PASSWORD, after: str = "") -> Answer:
        self.web.forget_limits()
        return self.post("/login", {"login": login, "password": password, "next": after})

    def log_in_at(self, device: str, login: str, pin: str = PIN) -> Answer:
        self.web.forget_limits()
        return self.post(f"/desk/{device}/login", {"login": login, "pin": pin})

    def _send(self, method: str, path: str, form: Mapping[str, str] | None, headers: Mapping[str, str]) -> Answer:
        sent = {"Cookie": "; ".join(f"{name}={value}" for name, value in self.cookies.items())} if self.cookies else {}
        if form is not None:
            sent["Content-Type"] = "application/x-www-form-urlencoded"
        raw = urlencode(form).encode() if form is not None else None
        answer = self.web.send(method, path, raw=raw, **sent, **headers)
        for cookie in answer.cookies:
            name, _, value = cookie.partition(";")[0].partition("=")
            self.cookies[name] = value
        return answer


def field_of(page: Answer, name: str) -> str:
    """Return the value of the first form field with this name."""
    found = re.search(rf'name="{name}" value="([^"]*)"', page.text)
    assert found, page.text
    return found[1]
