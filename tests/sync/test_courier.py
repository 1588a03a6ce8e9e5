"""A centre without a line: a week on a stick, its answers back, and then the line goes on where the stick ended."""

import base64
import gzip
import hashlib
import json
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from edge import config, durable
from edge.cli import cli
from edge.errors import BadRequest, Refused
from edge.operations import national as national_side
from edge.operations import restored
from edge.queueing.chain import Head, as_line, sealed
from edge.store import queries, sync_state
from edge.sync import courier, hello, push
from edge.sync.courier import Exported, Imported
from edge.sync.hello import Action, Known, Welcome
from edge.sync.push import Pusher
from edge.sync.reference import centres, database, feed, journal, serving
from edge.sync.reference import courier as national
from edge.sync.reference.app import create_app
from edge.sync.reference.models import Centre, Epoch, Line
from edge.sync.signing import Signer
from edge.sync.transport import Endpoint, Transport
from tests.operations.box import Box
from tests.queueing.centre import SERVICES, service
from tests.sync.published import judges

CENTRE = "test-centre"
FEW_SLOTS = {**service("visa", "T", mode="mixed"), "slot_minutes": 240}
NOTICE = {"text": {"ky": "Кечигебиз", "ru": "Задержка"}, "from": None, "to": None}


@dataclass
class Road:
    """A centre and its national server, the line between them, and the stick."""

    box: Box
    address: str
    token: str
    folder: Path

    @property
    def waiting(self) -> Path:
        return self.folder / "courier.json"

    @property
    def line(self) -> Transport:
        return Transport(Endpoint(self.address, self.token), Signer(self.box.ctx.keys.node_seed), CENTRE)

    def greet(self) -> Welcome:
        state = sync_state.read(self.box.database)
        known = Known(state.acked, state.incarnation, state.cursor)
        return hello.say(self.line, hello.request(self.box.ctx, self.line, hello.standing(self.box.ctx), known))

    def exported(self) -> Exported:
        return courier.export(self.box.ctx, CENTRE, self.folder, self.waiting)

    def answered(self, parcel: Path) -> Path:
        target = parcel.with_suffix(".answers")
        national.answer(create_app(), parcel, target, datetime.now(UTC))
        return target

    def imported(self, answers: Path, token: str | None = None) -> Imported:
        return courier.take_in(self.box.ctx, answers, CENTRE, self.token if token is None else token, self.waiting)

    def week(self) -> None:
        """Seven days of visitors: whoever comes is called, and desk 1 has finished with most of them by the evening."""
        for _ in range(7):
            for _ in range(6):
                self.box.issue("passport")
                self.box.pass_by(60)
                self.box.press()
            self.box.pass_by(86_400)

    @property
    def here(self) -> list[str]:
        return [as_line(line) for line in queries.all_lines(self.box.database)]

    @property
    def there(self) -> list[str]:
        found: list[str] = []
        while text := journal.page(CENTRE, 1, len(found), 1000):
            found += text.splitlines()
        return found


@pytest.fixture
def road(tmp_path: Path) -> Iterator[Road]:
    """A centre that greeted its national server once, over the line, and lost the line."""
    box = Box(tmp_path / "edge.db")
    box.make(services=[*SERVICES[:3], service("address", "MA"), FEW_SLOTS], bookings={"horizon_days": 2})
    database.open_database(tmp_path / "national.db")
    given = centres.enrol(CENTRE, datetime.now(UTC))
    server = serving.listening(create_app(), "127.0.0.1", 0)
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    road = Road(box, f"http://127.0.0.1:{server.effective_port}", given.token, tmp_path)
    assert road.greet().action in (Action.RESUME, Action.PUSH_FROM)
    yield road
    server.close()
    server.task_dispatcher.shutdown()
    database.close_database()
    box.stop()


def test_a_week_goes_out_on_a_stick_comes_back_acknowledged_and_the_line_goes_on(road: Road) -> None:
    road.week()
    with database.of_centre(CENTRE) as row:
        feed.put(row, "notice", "n1", NOTICE, datetime.now(UTC))
    exported = road.exported()
    assert exported.head == road.box.database.head()
    before = len(road.here)
    done = road.imported(road.answered(exported.path))
    assert (done.acked, done.refused) == (exported.head, "")
    assert 1 < done.items < 50
    assert road.there == road.here[:before]
    assert sync_state.read(road.box.database).acked == exported.head
    assert next(sync_state.receipts(road.box.database)).head == exported.head
    assert {"national.applied", "slot.granted"} <= set(road.box.types())
    welcome = road.greet()
    assert (welcome.action, welcome.acked) == (Action.RESUME, exported.head)
    pusher = Pusher(road.box.database, road.line)
    page = pusher.next(exported.head)
    assert page is not None
    assert pusher.send(page, welcome.incarnation).head == road.box.database.head()
    assert road.there == road.here


def test_three_commands_carry_it_there_and_back(road: Road) -> None:
    data, stick = road.folder, road.folder / "stick"
    (data / "edge.toml").write_text(f'[national]\nurl = "{road.address}"\ntoken = "{road.token}"\n', encoding="utf-8")
    config.write_keys(data / "node.key", road.box.ctx.keys)

    def edge(*arguments: str | Path) -> str:
        done = CliRunner().invoke(cli, [str(each) for each in arguments], catch_exceptions=False)
        assert done.exit_code == 0
        return done.output

    head = road.box.database.head()
    said = edge("sync", "export", "--data", data, "--to", stick)
    assert f": {head.seq} events up to line {head.seq} of epoch 1, to be carried to the national server" in said
    parcel = next(stick.glob("*.parcel"))
    said = edge("national", "--data", data, "--courier", parcel)
    assert f"test-centre: stored up to line {head.seq} of epoch 1, answered " in said
    said = edge("sync", "import", f"{parcel}.answers", "--data", data)
    assert f"everything up to line {head.seq} is stored nationally; " in said
    assert [path.name for path in data.glob(".parcel-*")] == []
    with pytest.raises(BadRequest, match="is older than what this box has"):
        edge("sync", "import", f"{parcel}.answers", "--data", data)


def test_a_second_stick_has_only_what_came_since(road: Road) -> None:
    road.imported(road.answered(road.exported().path))
    acked = sync_state.read(road.box.database).acked
    road.box.issue("passport")
    again = road.exported()
    assert acked is not None
    assert again.events == again.head.seq - acked.seq < again.head.seq
    assert road.imported(road.answered(again.path)).acked == again.head
    assert road.there == road.here[: again.head.seq]


def test_the_same_stick_twice_is_answered_alike_and_stored_once(road: Road) -> None:
    parcel = road.exported().path
    first, second = road.answered(parcel), road.answered(parcel)
    assert first == second
    road.imported(second)
    assert road.there == road.here[: len(road.there)]
    with pytest.raises(BadRequest, match="is older than what this box has: it answers no export that waits here"):
        road.imported(second)


def two_sticks(road: Road) -> tuple[Exported, Path, Exported, Path]:
    monday = road.exported()
    told_monday = road.answered(monday.path)
    road.box.issue("passport")
    with database.of_centre(CENTRE) as row:
        feed.put(row, "notice", "n1", NOTICE, datetime.now(UTC))
    tuesday = road.exported()
    return monday, told_monday, tuesday, road.answered(tuesday.path)


def test_answers_to_several_exports_are_taken_in_one_after_the_other(road: Road) -> None:
    monday, told_monday, tuesday, told_tuesday = two_sticks(road)
    assert road.imported(told_monday).acked == monday.head
    done = road.imported(told_tuesday)
    assert done.acked == tuesday.head


def test_answers_older_than_those_taken_in_are_refused(road: Road) -> None:
    _, told_monday, tuesday, told_tuesday = two_sticks(road)
    road.imported(told_tuesday)
    with pytest.raises(BadRequest, match="is older than what this box has: it answers no export that waits here"):
        road.imported(told_monday)
    assert sync_state.read(road.box.database).acked == tuesday.head


def test_an_import_that_was_cut_short_is_done_again(road: Road, monkeypatch: pytest.MonkeyPatch) -> None:
    exported = road.exported()
    answers = road.answered(exported.path)
    with monkeypatch.context() as cut:
        cut.setattr(durable, "replace", cut_off)
        with pytest.raises(KeyboardInterrupt):
            road.imported(answers)
    before = road.here
    assert road.imported(answers).acked == exported.head
    assert road.here == before


def cut_off(*_: object) -> None:
    raise KeyboardInterrupt


def test_answers_from_before_the_line_came_back_are_refused(road: Road) -> None:
    answers = road.answered(road.exported().path)
    with database.of_centre(CENTRE) as row:
        feed.put(row, "notice", "n1", NOTICE, datetime.now(UTC))
    national_side.apply_items(road.box.ctx, [], str(road.greet().feed_head))
    with pytest.raises(BadRequest, match="is older than what this box has: the link has brought more since the export"):
        road.imported(answers)


def test_an_export_that_was_overtaken_is_refused_by_the_national_side(road: Road) -> None:
    old = road.exported()
    road.box.issue("passport")
    road.answered(road.exported().path)
    with pytest.raises(national.Unfit, match=r"is older than what is stored here: it ends at line \d+ of epoch 1, here is line \d+"):
        road.answered(old.path)


def changed(path: Path, change: Callable[[list[dict[str, Any]]], None]) -> Path:
    lines = [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]
    change(lines)
    other = path.with_name(f"{len(list(path.parent.iterdir()))}-{path.name}")
    other.write_text("".join(json.dumps(line, ensure_ascii=False, separators=(",", ":")) + "\n" for line in lines), encoding="utf-8")
    return other


def forged(change: Callable[[list[dict[str, Any]]], None]) -> Callable[[list[dict[str, Any]]], None]:
    def both(lines: list[dict[str, Any]]) -> None:
        change(lines)
        resealed(lines)

    return both


def of_tokmok(lines: list[dict[str, Any]]) -> None:
    lines[0]["centre"] = "tokmok"


def of_another_box(lines: list[dict[str, Any]]) -> None:
    lines[0]["node"] = "0" * 32


def resealed(lines: list[dict[str, Any]]) -> None:
    """Put the right digest under changed lines, as somebody without the key can."""
    text = "".join(json.dumps(line, ensure_ascii=False, separators=(",", ":")) + "\n" for line in lines[:-1]).encode()
    lines[-1]["digest"] = f"sha-256=:{base64.b64encode(hashlib.sha256(text).digest()).decode()}:"


def other_body(lines: list[dict[str, Any]]) -> None:
    lines[2]["body"] = base64.b64encode(b"nonsense").decode()


def other_status(lines: list[dict[str, Any]]) -> None:
    lines[1]["headers"]["X-Sync-Protocol"] = "2"


def without_a_line(lines: list[dict[str, Any]]) -> None:
    del lines[2]


def of_a_later_format(lines: list[dict[str, Any]]) -> None:
    lines[0]["courier"] = 9


def cut(path: Path, keep: int) -> Path:
    other = path.with_name(f"cut-{keep}-{path.name}")
    other.write_bytes(path.read_bytes()[:keep])
    return other


def test_a_changed_or_torn_export_is_refused_in_one_sentence_and_nothing_is_stored(road: Road) -> None:
    parcel = road.exported().path
    size = parcel.stat().st_size
    whole_lines = parcel.read_bytes().rfind(b"\n", 0, size - 1) + 1
    for made, said in (
        (changed(parcel, other_body), "was changed after it was sealed"),
        (changed(parcel, forged(other_body)), "the seal is not that of the box"),
        (changed(parcel, without_a_line), "is torn: it ends before its seal"),
        (cut(parcel, size - 7), "is torn: its last line has no end"),
        (cut(parcel, whole_lines), "is torn: it ends before its seal"),
        (cut(parcel, 0), "is no parcel of the courier"),
        (changed(parcel, of_a_later_format), "has format 9, this release reads 1"),
        (changed(parcel, forged(of_tokmok)), "'tokmok', which is not enrolled here"),
        (changed(parcel, forged(of_another_box)), "is of a box that is not the one of test-centre"),
        (road.folder / "missing.parcel", "cannot be read: No such file"),
    ):
        with pytest.raises(national.Unfit, match=said) as refused:
            road.answered(made)
        assert str(refused.value).endswith("nothing was stored")
        assert "\n" not in str(refused.value)
    assert road.there == []


def test_changed_torn_and_foreign_answers_are_refused_in_one_sentence_and_nothing_is_taken_in(road: Road) -> None:
    answers = road.answered(road.exported().path)
    before = (sync_state.read(road.box.database), road.here)
    for made, said in (
        (changed(answers, other_status), "was changed after it was sealed"),
        (changed(answers, forged(other_status)), "was changed after it was sealed, or sealed for another token"),
        (changed(answers, without_a_line), "is torn: it ends before its seal"),
        (cut(answers, answers.stat().st_size - 7), "is torn: its last line has no end"),
        (changed(answers, forged(of_tokmok)), "is for centre tokmok, this is test-centre"),
        (changed(answers, forged(of_another_box)), "is for another box of this centre"),
        (road.exported().path, "has requests for the national server"),
        (road.folder / "missing.parcel", "cannot be read: No such file"),
    ):
        with pytest.raises(BadRequest, match=said) as refused:
            road.imported(made)
        assert str(refused.value).endswith("nothing was imported")
        assert "\n" not in str(refused.value)
    with pytest.raises(BadRequest, match=r"\[national\] token in edge.toml is empty"):
        road.imported(answers, "")
    assert (sync_state.read(road.box.database), road.here) == before


def test_a_box_from_a_backup_exports_nothing_and_takes_in_no_answers_of_before(road: Road) -> None:
    answers = road.answered(road.exported().path)
    other = road.folder / "restored"
    other.mkdir()
    restored.recognise(road.box.ctx, Head(1, 10**6, "0" * 64))
    with pytest.raises(Refused, match="works from a backup"):
        road.exported()
    with pytest.raises(BadRequest, match="is older"):
        courier.take_in(road.box.ctx, answers, CENTRE, road.token, other / "courier.json")


def test_what_this_edge_says_is_as_published(road: Road) -> None:
    road.week()
    schemas = judges()
    for line in road.exported().path.read_text(encoding="utf-8").splitlines()[1:-1]:
        request = json.loads(line)
        body = base64.b64decode(request["body"] or "")
        if request["path"] == hello.PATH:
            schemas["Hello"].validate(json.loads(body))
        if request["path"] == push.PATH:
            for text in gzip.decompress(body).decode().splitlines():
                schemas["Event"].validate(json.loads(text))


def test_a_parcel_holds_no_token_and_no_key(road: Road) -> None:
    parcel = road.exported().path
    answers = road.answered(parcel)
    row = Centre.get_by_id(CENTRE)
    for path in (parcel, answers):
        text = path.read_text(encoding="utf-8")
        for secret in (road.token, row.token_digest, row.person_key, "Authorization"):
            assert secret not in text


def test_a_new_incarnation_sends_a_snapshot_along(road: Road) -> None:
    road.imported(road.answered(road.exported().path))
    before = sync_state.read(road.box.database)
    centres.renew_all(datetime.now(UTC))
    exported = road.exported()
    done = road.imported(road.answered(exported.path))
    after = sync_state.read(road.box.database)
    assert (done.acked, after.acked) == (exported.head, exported.head)
    assert after.incarnation != before.incarnation
    assert after.cursor != before.cursor
    assert national_side.digests(road.box.ctx)[national_side.Scope.ALL] == feed.digests(CENTRE)["all"]


def test_a_national_server_that_was_set_back_gets_all_of_it_by_the_second_stick(road: Road) -> None:
    road.imported(road.answered(road.exported().path))
    with database.of_centre(CENTRE):
        Line.delete().where(Line.centre == CENTRE, Line.seq > 5).execute()
        kept = Line.get(Line.centre == CENTRE, Line.seq == 5)
        Epoch.update(seq=5, hash=kept.hash).where(Epoch.centre == CENTRE).execute()
    centres.renew_all(datetime.now(UTC))
    first = road.imported(road.answered(road.exported().path))
    assert first.acked is not None
    assert first.acked.seq == 5
    assert "gap" in first.refused
    second = road.exported()
    assert road.imported(road.answered(second.path)).acked == second.head
    assert road.there == road.here[: second.head.seq]


def test_a_box_that_needs_a_new_epoch_is_told_that_it_needs_the_line(road: Road) -> None:
    road.imported(road.answered(road.exported().path))
    road.box.issue("passport")
    parcel = road.exported()
    with database.of_centre(CENTRE) as row:
        row.forked_epoch = 1
    done = parcel.path.with_suffix(".answers")
    told = national.answer(create_app(), parcel.path, done, datetime.now(UTC))
    assert told.action == Action.NEW_EPOCH
    with pytest.raises(BadRequest, match="answered new_epoch, which needs the link; nothing was imported"):
        road.imported(done)


def test_the_batches_of_a_parcel_are_as_large_as_those_of_the_line(road: Road) -> None:
    with road.box.database.write() as transaction:
        for number in range(push.MOST_EVENTS + 200):
            id_, at = f"0198c0de-0000-7000-8000-{number:012d}", "2026-03-02T03:15:00.120Z"
            seal = partial(sealed, centre=CENTRE, clock="ntp", salt="ab" * 16, payload="{}", actor="desk:1", type="desk.recounted")
            transaction.append_line(seal(transaction.head, id=id_, at=at))
    road.box.restart()
    lines = [json.loads(line) for line in road.exported().path.read_text(encoding="utf-8").splitlines()]
    ranges = [(int(each["headers"]["X-First-Seq"]), int(each["headers"]["X-Last-Seq"])) for each in lines if each.get("path") == push.PATH]
    assert ranges[0][0] == 1
    assert ranges[-1][1] == road.box.database.head().seq
    assert all(last - first < push.MOST_EVENTS for first, last in ranges)
