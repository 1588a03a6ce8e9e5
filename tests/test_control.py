"""`edge staff` as regional IT meets it: beside a running server, without one, and when the server is half there."""

import json
import re
import socket
import threading
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from edge import control, setup
from edge.cli import cli as commands
from edge.cli.staff import staff as staff_commands
from edge.config import Paths
from edge.errors import BadRequest, ConfigError, Refused, Unavailable, Unknown
from edge.lock import Lock
from edge.operations import logins
from edge.operations.logins import Session
from edge.store import queries
from tests.commands import edge
from tests.demo_process import Demo

DONE, WRONG_USE, CONFIG, UNAVAILABLE = 0, 2, 3, 4


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Paths:
    """A centre that nobody serves."""
    data = tmp_path_factory.mktemp("control") / "centre"
    setup.init(data, None)
    return Paths(data)


def names(paths: Paths) -> list[str]:
    return [each["login"] for each in control.call(paths, "staff.list")]


def log_in(paths: Paths, login: str, password: str) -> Session:
    with setup.alone(paths) as ctx:
        return logins.by_password(ctx, login=login, password=password)


# Alone


def test_without_a_server_it_is_done_under_the_lock(made: Paths) -> None:
    added = control.call(made, "staff.add", login="aida", role="operator")
    assert added.keys() == {"login", "role", "password", "pin"}
    assert log_in(made, "aida", added["password"]).login == "aida"
    assert "aida" in names(made)
    assert not made.control.exists()


def test_what_a_rule_refuses_is_refused_here_too(made: Paths) -> None:
    with pytest.raises(Refused, match="must stay an active administrator"):
        control.call(made, "staff.disable", login="administrator")
    with pytest.raises(Unknown, match="'nobody' does not exist"):
        control.call(made, "staff.enable", login="nobody")


def test_while_another_process_has_the_lock_and_does_not_answer_the_sentence_says_so(made: Paths, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(control, "STARTS_WITHIN_S", 0.2)
    with Lock(made.lock), pytest.raises(Unavailable, match=r"the server \(process \d+\) holds .* and does not answer: try again"):
        control.call(made, "staff.list")


def test_a_socket_that_a_killed_server_left_is_no_server(made: Paths) -> None:
    left = socket.socket(socket.AF_UNIX)
    left.bind(str(made.control))
    left.close()
    assert "administrator" in names(made)
    made.control.unlink()


# Beside a server


@pytest.fixture
def served(made: Paths) -> Iterator[Paths]:
    """The same centre with its socket served, and nothing else."""
    with Lock(made.lock), setup.alone(made) as ctx, control.served(ctx, made.control):
        yield made


def test_a_server_does_it_and_raises_what_the_operation_raised(served: Paths) -> None:
    control.call(served, "staff.add", login="timur", role="auditor")
    assert "timur" in names(served)
    with pytest.raises(Refused) as refused:
        control.call(served, "staff.add", login="timur", role="auditor")
    assert (refused.value.code, str(refused.value)) == ("login_taken", "login 'timur' is taken")
    with pytest.raises(Unknown):
        control.call(served, "staff.disable", login="nobody")
    with pytest.raises(BadRequest):
        control.call(served, "staff.reset", login="timur", what=["pin"], pin="111111")
    with pytest.raises(Unavailable, match="in its log"):
        control.call(served, "staff.nothing")


def test_the_socket_is_its_owners_alone_and_goes_with_the_server(made: Paths) -> None:
    with Lock(made.lock), setup.alone(made) as ctx, control.served(ctx, made.control):
        assert made.control.stat().st_mode & 0o777 == 0o600
    assert not made.control.exists()


def test_a_server_takes_over_the_socket_of_one_that_was_killed(made: Paths) -> None:
    made.control.touch()
    with Lock(made.lock), setup.alone(made) as ctx, control.served(ctx, made.control):
        assert "administrator" in names(made)


@pytest.mark.parametrize("line", [b"", b"no json\n", b"{}\n", b'{"name":1,"args":[]}\n', b"[" * 70_000, b"half a line"])
def test_rubbish_disturbs_nobody(served: Paths, line: bytes) -> None:
    with socket.socket(socket.AF_UNIX) as rude:
        rude.connect(str(served.control))
        rude.sendall(line)
        rude.shutdown(socket.SHUT_WR)
    assert "administrator" in names(served)


def test_many_callers_are_answered_one_after_the_other(served: Paths) -> None:
    found: list[Any] = []
    threads = [threading.Thread(target=lambda: found.append(names(served))) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(found) == 8


def test_a_long_path_is_reached_too(tmp_path: Path) -> None:
    paths = Paths(tmp_path / ("a-very-long-name-" * 10) / "centre")
    paths.data.parent.mkdir()
    setup.init(paths.data, None)
    assert len(str(paths.control)) > 150
    assert names(paths) == ["administrator"]
    with Lock(paths.lock), setup.alone(paths) as ctx, control.served(ctx, paths.control):
        assert paths.control.is_socket()
        assert names(paths) == ["administrator"]


@pytest.mark.parametrize("said", [b"", b'{"answer": tru'])
def test_a_server_that_ends_in_the_middle_of_an_answer_is_one_plain_sentence(made: Paths, said: bytes) -> None:
    with socket.socket(socket.AF_UNIX) as dying:
        dying.bind(str(made.control))
        dying.listen()

        def die() -> None:
            connection, _ = dying.accept()
            with connection:
                connection.recv(1000)
                connection.sendall(said)

        thread = threading.Thread(target=die)
        thread.start()
        with pytest.raises(Unavailable, match=r"ended before it answered staff\.list: it may be done or not"):
            control.call(made, "staff.list")
        thread.join()
    made.control.unlink()


# The command


def token_of(demo: Demo, login: str, password: str) -> str:
    body = json.dumps({"login": login, "password": password}).encode()
    with urllib.request.urlopen(urllib.request.Request(f"{demo.http}/api/v1/sessions", body, method="POST"), timeout=5) as answer:
        return str(json.load(answer)["token"])


def reads(demo: Demo, token: str) -> bool:
    """Tell whether the token opens anything."""
    try:
        urllib.request.urlopen(urllib.request.Request(f"{demo.http}/api/v1/desks", headers={"Authorization": f"Bearer {token}"}), timeout=5).close()
    except urllib.error.HTTPError as error:
        error.close()
        return error.code != 401
    return True


def test_the_command_works_beside_a_running_centre_and_ends_logins_at_once(tmp_path: Path) -> None:
    with Demo(tmp_path) as demo:
        added = edge("staff", "add", "kamila", "--role", "supervisor", "--data", demo.data)
        assert added.returncode == DONE, added.stderr
        password = re.search(r"^password +(\S+)$", added.stdout, re.MULTILINE)
        assert password
        assert re.search(r"^pin +\d{6}$", added.stdout, re.MULTILINE)
        token = token_of(demo, "kamila", password[1])
        assert reads(demo, token)

        listed = json.loads(edge("staff", "list", "--json", "--data", demo.data).stdout)
        assert {each["login"]: each["logged_in"] for each in listed}["kamila"] is True
        assert "kamila" in edge("staff", "list", "--data", demo.data).stdout

        disabled = edge("staff", "disable", "kamila", "--data", demo.data)
        assert (disabled.returncode, disabled.stdout) == (DONE, "kamila is disabled and logged out everywhere\n")
        assert not reads(demo, token)

        for wrong, code in ((("disable", "nobody"), WRONG_USE), (("disable", "administrator"), UNAVAILABLE)):
            said = edge("staff", *wrong, "--data", demo.data)
            assert said.returncode == code
            assert (said.stdout, said.stderr.count("\n")) == ("", 1)
    assert edge("verify", "--data", demo.data).returncode == DONE


def test_a_reset_shows_what_was_asked_for_alone(made: Paths) -> None:
    said = edge("staff", "reset", "administrator", "--pin", "--data", made.data).stdout
    assert re.search(r"^pin +\d{6}$", said, re.MULTILINE)
    assert "password" not in said


def test_a_typed_secret_is_neither_shown_nor_an_argument(made: Paths) -> None:
    typed = "a long typed one\na long typed one\n604713\n604713\n"
    done = CliRunner().invoke(commands, ["staff", "reset", "administrator", "--ask", "--data", str(made.data)], input=typed)
    assert done.exit_code == DONE, done.output
    assert "typed" not in done.output
    assert "604713" not in done.output
    assert log_in(made, "administrator", "a long typed one").login == "administrator"
    options = {name for command in staff_commands.commands.values() for option in command.params for name in option.opts}
    assert options == {"login", "--role", "--ask", "--data", "--json", "--password", "--pin"}
    with setup.alone(made) as ctx:
        text = "".join(f"{line.payload}{line.actor}" for line in queries.all_lines(ctx.database))
    assert "604713" not in text


def test_without_a_centre_the_sentence_says_what_to_do(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="edge init"):
        control.call(Paths(tmp_path), "staff.list")
    done = edge("staff", "list", "--data", tmp_path)
    assert (done.returncode, done.stderr.count("\n")) == (CONFIG, 1)
