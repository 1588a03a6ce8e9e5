"""The broker child: never a stranger's, gone when we are gone, closed whatever happens to its rules."""

import os
import shutil
import signal
import socket
import subprocess
import sys
import threading
from contextlib import closing
from pathlib import Path

import pytest

from edge.devices import access, broker_child, handshake
from edge.devices.broker_child import BrokerChild
from edge.devices.handshake import Answer
from edge.devices.mosquitto import Listeners
from edge.devices.rules import State
from edge.errors import ConfigError, Unavailable
from tests.demo_process import is_alive, wait_for
from tests.devices.client import NO_SUBSCRIBERS, NOT_AUTHORIZED, Client
from tests.devices.conftest import DEVICES, Served, accounts, password

STARTS_ONE = """
import sys, threading
from pathlib import Path
from edge.devices.broker_child import BrokerChild
from edge.devices.mosquitto import Listeners
broker = BrokerChild(Listeners("127.0.0.1", int(sys.argv[1]), int(sys.argv[2])), Path(sys.argv[3]), [])
broker.start()
print(broker.pid, flush=True)
threading.Event().wait()
"""


def start_process(listeners: Listeners, data: Path) -> tuple[subprocess.Popen[str], int]:
    """A process of its own that runs a broker; returns it and the broker's process id."""
    command = [sys.executable, "-c", STARTS_ONE, str(listeners.port), str(listeners.ws_port), str(data)]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    assert process.stdout
    with closing(process.stdout):
        return process, int(process.stdout.readline())


def kill(process: subprocess.Popen[str]) -> None:
    process.kill()
    process.wait(10)


def test_a_killed_parent_takes_the_broker_with_it(tmp_path: Path, listeners: Listeners) -> None:
    process, pid = start_process(listeners, tmp_path)
    assert is_alive(pid)
    kill(process)
    wait_for("the broker to end", lambda: not is_alive(pid))
    shutil.rmtree(BrokerChild(listeners, tmp_path, [])._own)  # nobody starts here again


def test_the_next_start_takes_over_what_a_killed_one_left(tmp_path: Path, listeners: Listeners) -> None:
    process, _ = start_process(listeners, tmp_path)
    kill(process)
    again = BrokerChild(listeners, tmp_path, [])
    again.start()
    assert again.is_alive()
    again.stop()


def test_a_broker_that_outlived_its_server_is_ended_by_the_next_start(tmp_path: Path, served: Served) -> None:
    orphan = served.broker.pid
    assert orphan
    served.broker._stopping.set()  # its own keeper does not bring it back
    again = BrokerChild(served.listeners, tmp_path, [])
    again.start()
    assert not is_alive(orphan)
    assert again.is_alive()
    again.stop()


def test_a_port_in_use_is_one_sentence_with_the_port(tmp_path: Path, listeners: Listeners) -> None:
    with socket.create_server(("127.0.0.1", listeners.ws_port)), pytest.raises(ConfigError, match=f"port {listeners.ws_port} for the broker"):
        BrokerChild(listeners, tmp_path, []).start()


def test_without_mosquitto_the_sentence_names_the_package(tmp_path: Path, listeners: Listeners, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("edge.devices.mosquitto.shutil.which", lambda *_, **__: None)
    with pytest.raises(ConfigError, match="apt-get install mosquitto"):
        BrokerChild(listeners, tmp_path, []).start()


def test_a_child_that_ends_at_once_is_reported_in_its_own_words(tmp_path: Path, listeners: Listeners, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(broker_child, "configuration", lambda *_: "no_such_option true\n")
    with pytest.raises(Unavailable, match="Unknown configuration variable"):
        BrokerChild(listeners, tmp_path, []).start()


def test_a_strangers_broker_on_our_port_is_never_used(tmp_path: Path, served: Served, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(broker_child, "_require_free", lambda *_: None)  # as if it had come between the look and the start
    with pytest.raises(Unavailable, match=r"another broker answers|Address already in use"):
        BrokerChild(served.listeners, tmp_path / "other", []).start()


def test_a_stopped_broker_leaves_nothing_behind(tmp_path: Path, listeners: Listeners) -> None:
    ours = BrokerChild(listeners, tmp_path, accounts(*DEVICES))
    ours.start()
    pid = ours.pid
    assert pid
    assert ours._own.stat().st_mode & 0o077 == 0
    ours.stop()
    assert not is_alive(pid)
    assert not ours._own.exists()
    assert not ours._keeper.is_alive()


@pytest.mark.skipif(os.getuid() != 0, reason="only root can change the user")
def test_root_runs_the_broker_as_another_user(served: Served) -> None:
    assert Path(f"/proc/{served.broker.pid}").stat().st_uid != 0


def test_the_broker_has_a_session_of_its_own(served: Served) -> None:
    assert served.broker.pid
    assert os.getsid(served.broker.pid) != os.getsid(0)


def test_no_secret_is_in_the_arguments_of_the_broker(served: Served) -> None:
    command = Path(f"/proc/{served.broker.pid}/cmdline").read_text(encoding="utf-8")
    assert served.broker.password not in command
    assert password("button-1") not in command


def test_a_killed_broker_comes_back_by_itself(served: Served) -> None:
    before = served.broker.pid
    assert before
    os.kill(before, signal.SIGKILL)
    wait_for("another broker", lambda: served.broker.pid != before and served.broker.is_alive(), 5.0)
    with served_client(served, "monitor"):
        pass


def served_client(served: Served, user: str, *topics: str) -> Client:
    wait_for(f"{user} to be let in", lambda: handshake.connack("127.0.0.1", served.listeners.port, user, password(user)) is Answer.ACCEPTED)
    return Client(served.login(user), *topics)


def test_a_broker_brought_back_survives_the_thread_that_noticed(served: Served) -> None:
    """PR_SET_PDEATHSIG fires at the end of the forking thread: only the keeper may fork."""
    before = served.broker.pid
    assert before
    thread = threading.Thread(target=os.kill, args=(before, signal.SIGKILL))
    thread.start()
    thread.join()
    wait_for("another broker", lambda: served.broker.pid != before and served.broker.is_alive())
    assert Path(f"/proc/self/task/{served.broker._keeper.native_id}/children").read_text(encoding="ascii").split() == [str(served.broker.pid)]


def test_a_reload_admits_the_new_and_throws_out_the_gone_and_keeps_the_rest(served: Served) -> None:
    with Client(served.login("button-1")) as stays, Client(served.login("button-2")) as goes:
        new = access.Account("late", password("late"), write=("q/v1/dev/late/event",))
        served.broker.reload([*(one for one in accounts(*DEVICES) if one.user != "button-2"), new])
        assert goes.lost.wait(5)
        assert stays.publish("q/v1/dev/button-1/event") == NO_SUBSCRIBERS
        with Client(served.login("late")) as late:
            assert late.publish("q/v1/dev/late/event") == NO_SUBSCRIBERS
        assert not stays.lost.is_set()
    with Client(served.login("button-2")) as again:
        assert again.refused == NOT_AUTHORIZED


def test_a_reload_with_a_bad_line_is_refused_and_the_old_rules_stay(served: Served) -> None:
    bad = access.Account("late", password("late"), write=("q/v1/dev/late/event\nno such keyword",))
    with pytest.raises(Unavailable, match="the old ones stay in force"):
        served.broker.reload([*accounts(*DEVICES), bad])
    with Client(served.login("button-1")) as button:
        assert button.publish("q/v1/dev/button-2/event") == NOT_AUTHORIZED
        assert button.publish("q/v1/dev/button-1/event") == NO_SUBSCRIBERS


def test_rules_opened_behind_our_back_are_closed_by_the_canary(served: Served) -> None:
    before = served.broker.pid
    assert before
    (served.broker._own / "acl").write_text("no such keyword\n", encoding="utf-8")
    os.kill(before, signal.SIGHUP)
    wait_for("Mosquitto to allow everything", lambda: served.broker._rules.state(served.listeners) is State.OPEN)
    child = served.broker._child
    assert child
    assert served.broker.open_s() is None
    served.broker._probe(child)  # what the keeper does once a minute
    assert served.broker.open_s() is not None, "an alert follows"
    wait_for("another broker", lambda: served.broker.pid != before and served.broker.is_alive())
    wait_for("closed rules", lambda: served.broker._rules.state(served.listeners) is State.IN_FORCE)


def test_an_id_that_could_break_a_line_is_never_written() -> None:
    with pytest.raises(ValueError, match="must be"):
        access.acl_file([access.Account("a\nuser b", "x")])
