"""A new epoch, as the national server issues it: nothing is lost, nothing happens twice, and the tables follow from the journal before and after."""

import shutil
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

import pytest

from edge.errors import Corrupt
from edge.operations import epochs, restored
from edge.operations.epochs import Diverged, Issued
from edge.queueing import commands as c
from edge.queueing.chain import GENESIS, Envelope, Head, fault
from edge.queueing.ticket import TicketState
from edge.store import lineage, queries, salvage, sync_state
from edge.store.database import Database
from tests.operations.box import Box
from tests.store.test_histories import shadow_tables


@dataclass
class Server:
    """What the national server holds of the centre: lines by epoch."""

    lines: dict[int, list[Envelope]] = field(default_factory=dict)
    page: int = 7
    asked: list[tuple[int, int]] = field(default_factory=list)

    def take(self, box: Box) -> Head:
        """Store what the box has and we lack, as pushes would; return our head."""
        for line in queries.all_lines(box.database):
            stored = self.lines.setdefault(line.epoch, [])
            if line.seq == len(stored) + 1:
                stored.append(line)
        return self.head

    def fetch(self, epoch: int, after: int) -> Sequence[Envelope]:
        self.asked.append((epoch, after))
        return self.lines.get(epoch, [])[after : after + self.page]

    @property
    def head(self) -> Head:
        return self.heads()[-1]

    def heads(self, since: int = 1) -> tuple[Head, ...]:
        return tuple(head_of(lines[-1]) for epoch, lines in sorted(self.lines.items()) if epoch >= since)

    def issue(self, epoch: int, parent: Head) -> Issued:
        return Issued(epoch, parent, self.heads(parent.epoch))

    def all(self) -> list[Envelope]:
        return [line for _, lines in sorted(self.lines.items()) for line in lines]


def head_of(line: Envelope) -> Head:
    return Head(line.epoch, line.seq, line.hash)


@pytest.fixture
def server() -> Server:
    return Server()


@pytest.fixture
def twin(box: Box, tmp_path: Path) -> Iterator[Callable[[], Box]]:
    """Copy the box as it is now, file and all, as whoever clones a card does; the copy stands in a hall of its own."""
    made: list[Box] = []

    def cloned() -> Box:
        box.database.connection().wal_checkpoint()
        target = tmp_path / f"twin-{len(made)}"
        target.mkdir()
        shutil.copy(box.path, target / "edge.db")
        made.append(Box(target / "edge.db", replace(box.clock)))
        made[-1].ctx.ticks.not_before(made[-1].hall.tick)
        return made[-1]

    yield cloned
    for each in made:
        each.stop()


def lines_of(box: Box) -> list[Envelope]:
    return list(queries.all_lines(box.database))


def test_the_tail_is_said_again_word_for_word_behind_the_beginning_of_the_epoch(box: Box, server: Server) -> None:
    box.issue()
    parent = server.take(box)
    box.issue()
    box.press()
    before, tables = lines_of(box), shadow_tables(box.database)
    with box.database.write() as transaction:
        transaction.keep_sync(acked=parent, durable_seq=3, cursor="c", fenced_since="x")
    epochs.begin_epoch(box.ctx, server.issue(2, parent), server.fetch)
    lines = lines_of(box)
    started, *again = lines[parent.seq :]
    assert lines[: parent.seq] == before[: parent.seq]
    assert (started.type, started.epoch, started.seq, started.prev_hash) == ("epoch.started", 2, 1, GENESIS)
    assert f'"parent_epoch":1,"parent_seq":{parent.seq},"parent_hash":"{parent.hash}","reason":"fork","tail":{len(again)}' in str(started.payload)
    said = [
        replace(line, epoch=1, seq=line.seq + parent.seq - 1, prev_hash=old.prev_hash, hash=old.hash)
        for line, old in zip(again, before[parent.seq :], strict=True)
    ]
    assert said == before[parent.seq :], "id, type, schema, at, clock, actor, salt and payload stay"
    assert list(lineage.superseded(box.database, 2)) == before[parent.seq :]
    assert {**shadow_tables(box.database), "hall": None} == {**tables, "hall": None}
    assert box.hall.epoch == 2
    state = sync_state.read(box.database)
    assert (state.acked, state.durable_seq, state.fenced_since, state.cursor) == (None, 0, None, "c")
    assert box.verify().clean
    box.restart()
    assert (box.hall.epoch, box.database.head().epoch) == (2, 2)
    box.issue()
    assert box.verify().clean


def test_an_epoch_that_has_begun_is_not_begun_again(box: Box, server: Server) -> None:
    parent = server.take(box)
    box.issue()
    epochs.begin_epoch(box.ctx, server.issue(2, parent), server.fetch)
    before = lines_of(box)
    epochs.begin_epoch(box.ctx, server.issue(2, parent), server.fetch)
    assert lines_of(box) == before


def test_a_third_epoch_repeats_no_beginning_of_the_second(box: Box, server: Server) -> None:
    parent = server.take(box)
    box.issue()
    epochs.begin_epoch(box.ctx, server.issue(2, parent), server.fetch)
    box.issue()
    epochs.begin_epoch(box.ctx, server.issue(5, parent), server.fetch)
    assert [(line.epoch, line.seq) for line in lines_of(box) if line.type == "epoch.started"] == [(5, 1)]
    assert box.types().count("ticket.issued") == 2
    assert box.verify().clean


def test_logs_with_nothing_in_common_are_said_again_from_the_first_line(box: Box) -> None:
    before = lines_of(box)
    epochs.begin_epoch(box.ctx, Issued(2, Head(1, 0, GENESIS)), lambda _epoch, _after: [])
    assert [line.id for line in lines_of(box)[1:]] == [line.id for line in before]
    assert {line.epoch for line in lines_of(box)} == {2}
    assert box.verify().clean
    box.restart()
    assert box.verify().clean


def test_a_parent_that_is_not_ours_begins_nothing(box: Box, server: Server) -> None:
    before = lines_of(box)
    with pytest.raises(Diverged, match="this journal has it not"):
        epochs.begin_epoch(box.ctx, Issued(2, Head(1, 3, "f" * 64)), server.fetch)
    assert lines_of(box) == before


def test_what_the_server_holds_of_another_box_takes_its_place_and_our_own_follows(box: Box, server: Server, twin: Callable[[], Box]) -> None:
    """A card was copied: both boxes served, the other one spoke first."""
    both = box.issue()
    parent = server.take(box)
    other = twin()
    theirs = [other.issue() for _ in range(3)]
    other.press()  # the visitor whom both know
    other.pass_by(30)
    server.take(other)
    mine = [box.issue() for _ in range(2)]
    box.press()
    epochs.begin_epoch(box.ctx, server.issue(2, parent), server.fetch)
    assert lines_of(box)[: server.head.seq] == server.lines[1]
    waiting = {ticket.id for ticket in box.hall.waiting()}
    assert waiting == {id_of(done) for done in (*theirs, *mine)}
    assert box.hall.desks["1"].ticket == id_of(both)
    report = box.verify()
    assert report.clean, report.problems
    box.restart()
    assert {ticket.id for ticket in box.hall.waiting()} == waiting
    box.press(device="button-2")
    assert box.verify().clean


def id_of(done: object) -> str:
    return str(done.outcome.ticket.id)  # type: ignore[attr-defined]


def test_an_empty_box_becomes_the_centre_from_the_servers_lines(box: Box, server: Server, twin: Callable[[], Box], tmp_path: Path) -> None:
    box.issue()
    parent = server.take(box)
    other = twin()
    other.issue()
    server.take(other)
    box.issue()
    box.press()
    epochs.begin_epoch(box.ctx, server.issue(2, parent), server.fetch)
    box.issue()
    server.take(box)
    (tmp_path / "new").mkdir()
    fresh = Box(tmp_path / "new" / "edge.db", replace(box.clock))
    for epoch in (1, 2):
        after = 0
        while page := server.fetch(epoch, after):
            epochs.copy_lines(fresh.ctx, page)
            after = page[-1].seq
    assert lines_of(fresh) == lines_of(box)
    assert shadow_tables(fresh.database) == shadow_tables(box.database)
    assert fresh.verify().clean
    assert fresh.hall == box.hall
    fresh.stop()


def test_lines_that_both_have_behind_the_rung_stay_where_they_are(box: Box, server: Server) -> None:
    """The parent is a rung of the ladder, and the newest common line may lie between two."""
    for _ in range(6):
        box.issue()
    server.take(box)
    rung = head_of(lines_of(box)[-5])
    box.issue()
    before = lines_of(box)
    epochs.begin_epoch(box.ctx, server.issue(2, rung), server.fetch)
    assert lines_of(box)[: len(before) - 1] == before[:-1]
    assert [line.id for line in lineage.superseded(box.database, 2)] == [before[-1].id]
    assert f'"parent_seq":{rung.seq}' in str(lines_of(box)[len(before) - 1].payload)
    assert box.verify().clean


def test_an_event_that_the_server_has_already_is_not_said_again(box: Box, server: Server, twin: Callable[[], Box]) -> None:
    """The other box began an epoch of its own with a tail that both share; an operator lifted our fence."""
    parent = server.take(box)
    shared = box.issue()
    other = twin()
    other.issue()
    epochs.begin_epoch(other.ctx, server.issue(2, parent), server.fetch)
    server.take(other)
    mine = box.issue()
    epochs.begin_epoch(box.ctx, server.issue(3, parent), server.fetch, reason="lifted")
    ids = [line.id for line in lines_of(box)]
    assert len(ids) == len(set(ids))
    assert [line.epoch for line in lines_of(box) if line.type == "epoch.started"] == [2, 3]
    assert {id_of(shared), id_of(mine)} < set(box.hall.tickets)
    assert len(box.hall.tickets) == 3
    report = box.verify()
    assert report.clean, report.problems


def test_what_the_hall_does_while_the_journal_is_replayed_is_kept(box: Box, server: Server, twin: Callable[[], Box]) -> None:
    parent = server.take(box)
    other = twin()
    other.issue()
    server.take(other)
    box.issue()
    told: list[int] = []
    late: list[str] = []

    def progress(done: int) -> None:
        told.append(done)
        late.append(id_of(box.issue()))

    epochs.begin_epoch(box.ctx, server.issue(2, parent), server.fetch, progress=progress)
    assert len(late) > 1
    assert set(late) < set(box.hall.tickets)
    report = box.verify()
    assert report.clean, report.problems
    assert not list(box.path.parent.glob(".epoch-*"))


def test_the_hall_calls_on_behind_another_boxs_calls(box: Box, server: Server, twin: Callable[[], Box]) -> None:
    """Both boxes call, finish and miss the same people; whoever is at a desk of ours is there afterwards."""
    for _ in range(4):
        box.issue()
    parent = server.take(box)
    other = twin()
    for _ in range(3):
        other.press()
        other.pass_by(30)
    other.act(c.MarkNoShow("1"))
    server.take(other)
    box.issue()
    box.act(c.Open("2")) if box.hall.desks["2"].state == "closed" else None
    box.press(device="button-2")
    box.pass_by(30)
    box.press(device="button-2")
    epochs.begin_epoch(box.ctx, server.issue(2, parent), server.fetch)
    at_desks = [box.hall.tickets[desk.ticket] for desk in box.hall.desks.values() if desk.ticket]
    assert all(ticket.state in (TicketState.CALLED, TicketState.SERVING) for ticket in at_desks)
    assert box.verify().clean
    box.pass_by(60)
    box.press(device="button-1")
    assert box.verify().clean


@pytest.mark.parametrize("damage", ["payload", "gap", "other", "short"])
def test_a_copy_of_the_server_that_is_no_chain_changes_nothing(box: Box, server: Server, twin: Callable[[], Box], damage: str) -> None:
    parent = server.take(box)
    other = twin()
    for _ in range(3):
        other.issue()
    server.take(other)
    issued = server.issue(2, parent)
    lines = server.lines[1]
    match damage:
        case "payload":
            lines[-2] = replace(lines[-2], payload='{"tick":1}')
        case "gap":
            del lines[-2]
        case "other":
            issued = replace(issued, heads=(replace(issued.heads[0], hash="f" * 64),))
        case _:
            del lines[-1]
    before = lines_of(box)
    with pytest.raises(Corrupt, match="the server's copy of epoch 1"):
        epochs.begin_epoch(box.ctx, issued, server.fetch)
    assert lines_of(box) == before
    assert box.hall.epoch == 1


def test_a_link_that_breaks_while_lines_are_fetched_changes_nothing_and_the_next_try_succeeds(
    box: Box, server: Server, twin: Callable[[], Box]
) -> None:
    parent = server.take(box)
    other = twin()
    for _ in range(5):
        other.issue()
    server.take(other)
    server.page = 2
    box.issue()
    before = lines_of(box)

    def broken(epoch: int, after: int) -> Sequence[Envelope]:
        if after > parent.seq + 2:
            raise ConnectionResetError
        return server.fetch(epoch, after)

    with pytest.raises(ConnectionResetError):
        epochs.begin_epoch(box.ctx, server.issue(2, parent), broken)
    assert lines_of(box) == before
    epochs.begin_epoch(box.ctx, server.issue(2, parent), server.fetch)
    assert box.verify().clean
    assert len(box.hall.tickets) == 6


def test_lines_that_do_not_follow_are_not_copied(box: Box, server: Server, twin: Callable[[], Box]) -> None:
    other = twin()
    other.issue()
    server.take(other)
    box.issue()
    with pytest.raises(Diverged):
        epochs.copy_lines(box.ctx, [*server.lines[1][-1:], server.lines[1][-1]])
    after = box.database.head()
    assert epochs.copy_lines(box.ctx, server.lines[1][:3]) == after, "what we have already is skipped"


def test_a_fenced_box_goes_on_with_another_letter_and_is_no_backup(box: Box) -> None:
    epochs.fence(box.ctx, choose=lambda letters: letters[-1])
    epochs.fence(box.ctx)
    found = box.hall.policy.restored
    assert found
    assert found.fenced
    assert sync_state.read(box.database).fenced_since
    assert not box.hall.sells
    assert not epochs.is_backup(box.ctx)
    number = box.issue().outcome
    assert number
    assert number.ticket
    assert number.ticket.number.startswith(found.prefix)
    assert box.verify().clean


def test_a_line_that_an_epoch_took_out_is_no_sign_of_a_restore(box: Box, server: Server) -> None:
    parent = server.take(box)
    box.issue()
    known = box.database.head()
    epochs.begin_epoch(box.ctx, server.issue(2, parent), server.fetch)
    assert not restored.is_behind(box.database, known)
    assert restored.is_behind(box.database, replace(known, hash="f" * 64))


def test_the_journals_pages_are_of_one_epoch_each(box: Box, server: Server) -> None:
    from edge.operations import journal

    parent = server.take(box)
    box.issue()
    epochs.begin_epoch(box.ctx, server.issue(2, parent), server.fetch)
    first = journal.lines(box.ctx, epoch=1, after=0, limit=1000)
    second = journal.lines(box.ctx, epoch=2, after=0, limit=1000)
    assert len(first) == parent.seq
    assert '"epoch.started"' in second[0]
    assert journal.lines(box.ctx, epoch=1, after=parent.seq, limit=5) == []
    assert journal.lines(box.ctx, epoch=2, after=len(second), limit=5) == []


def whole_chain(database: Database) -> list[str | None]:
    head, found = Head(1, 0, GENESIS), []
    for line in queries.all_lines(database):
        found.append(fault(head, line))
        head = head_of(line)
    return found


def test_the_chain_is_whole_over_three_epochs(box: Box, server: Server, twin: Callable[[], Box]) -> None:
    for epoch in (2, 3):
        parent = server.take(box)
        other = twin()
        other.issue()
        server.take(other)
        box.issue()
        epochs.begin_epoch(box.ctx, server.issue(epoch, parent), server.fetch)
        server.take(box)
    assert set(whole_chain(box.database)) == {None}
    assert server.all() == lines_of(box)
    assert box.verify().clean


def test_a_backup_goes_on_with_the_lines_of_later_epochs_unless_its_own_were_said_again(box: Box, server: Server) -> None:
    parent = server.take(box)
    box.issue()
    taken_out = box.database.head()
    epochs.begin_epoch(box.ctx, server.issue(2, parent), server.fetch)
    box.issue()
    lines = lines_of(box)
    earlier = head_of(lines[2])
    box.database.connection().wal_checkpoint()
    assert list(salvage.readable(box.path, earlier)) == lines[3:]
    assert list(salvage.readable(box.path, parent)) == lines[parent.seq :]
    assert list(salvage.readable(box.path, taken_out)) == []
