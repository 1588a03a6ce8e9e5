"""`edge verify` finds what it is for: broken chains, edited tables, calls that the rule does not explain, calls that cannot be."""

from collections.abc import Sequence

import apsw
import pytest

from edge.errors import Corrupt
from edge.operations.verify import Verdict, replay, verify
from edge.queueing import commands as c
from edge.queueing import events as e
from edge.queueing.evolve import Changed, evolve
from edge.store import queries
from edge.store.database import Database
from tests.operations.box import MORNING, Box


def a_morning(box: Box) -> None:
    for category in (None, "veteran", None, None):
        box.issue(category=category)
    box.act(c.CallNext("1"))
    box.act(c.CallNext("2"))
    box.act(c.Finish("2"))
    box.act(c.Pick("2", "A004", "a small child"))
    box.press(device="button-loose")


def forge(database: Database, *events: e.Event) -> None:
    """Append facts that no decision made, with tables that follow them: a chain that is whole and a journal that lies."""
    with database.write() as transaction:
        hall, facts, changed = transaction.hall, list[e.Fact](), list[Changed]()
        for number, event in enumerate(events):
            fact = e.Fact(f"forged-{hall.applied}-{number}", MORNING, "ntp", "desk:1", event)
            facts.append(fact)
            hall, new = evolve(hall, fact)
            changed.extend(new)
        transaction.append(facts, changed, hall)


def call(ticket: str, desk: str, tick: int, **more: object) -> e.TicketCalled:
    values: dict[str, object] = {"why": "order", "scores": (), "run": 0, "run_after": 0, **more}
    return e.TicketCalled(ticket=ticket, desk=desk, tick=tick, **values)  # type: ignore[arg-type]


def waiting(box: Box) -> Sequence[str]:
    return [ticket.id for ticket in box.hall.waiting()]


def edit(box: Box, sql: str, *values: object) -> None:
    """Change the file behind the server's back, triggers off, as someone with a shell could."""
    connection = apsw.Connection(str(box.path))
    for trigger in ("journal_keeps_lines", "journal_keeps_words"):
        connection.execute(f"DROP TRIGGER {trigger}")
    connection.execute(sql, values)
    connection.close()


def test_an_honest_morning_is_clean(box: Box) -> None:
    a_morning(box)
    report = box.verify()
    assert report.problems == []
    assert report.clean
    assert (report.calls[Verdict.OK], report.calls[Verdict.EXPLAINED]) == (2, 1)
    assert (report.lines, report.head) == (box.database.committed.head.seq, box.database.committed.head)


def test_verify_reads_beside_a_writer_and_sees_one_moment(box: Box) -> None:
    a_morning(box)
    during: list[int] = []

    def progress(lines: int) -> None:
        if lines == 1:
            during.append(box.hall.applied)
            other = Database(box.path)
            other.open()
            forge(other, e.DeskPaused(desk="5", tick=70))
            other.close()

    report = verify(box.database, progress)
    assert report.clean
    assert report.lines == during[0]


@pytest.mark.parametrize(
    ("sql", "found"),
    [
        ("UPDATE journal SET payload = replace(payload, 'A001', 'A009') WHERE type = 'ticket.issued'", "payload differs from its hash"),
        ("UPDATE journal SET actor = 'desk:9' WHERE type = 'ticket.called'", "header differs from its hash"),
        ("DELETE FROM journal WHERE type = 'ticket.finished'", "expected epoch 1 seq"),
        ("DELETE FROM journal WHERE seq = 1", "expected epoch 1 seq 1"),
    ],
)
def test_a_broken_chain_is_found_and_named(box: Box, sql: str, found: str) -> None:
    a_morning(box)
    edit(box, sql)
    report = box.verify()
    assert not report.clean
    assert "breaks the chain" in report.problems[0]
    assert found in report.problems[0]


@pytest.mark.parametrize(
    ("sql", "named"),
    [
        ("UPDATE ticket SET base = base - 1000 WHERE number = 'A003'", "table ticket"),
        ("UPDATE ticket SET state = 'cancelled' WHERE number = 'A003'", "table ticket"),
        ("DELETE FROM ticket WHERE number = 'A003'", "table ticket"),
        ("UPDATE desk SET run = 3 WHERE desk = '1'", "table desk: 1"),
        ("UPDATE setting SET value = '{\"cap\":9}' WHERE key = 'ordering'", "table setting: ordering"),
        ("UPDATE device SET desk = '2' WHERE device = 'button-1'", "table device: button-1"),
        ("UPDATE hall SET counters = '{\"A\":50}'", "table hall"),
        ("INSERT INTO member (pseudonym, login, role, active) VALUES ('p', 'ghost', 'administrator', 1)", "table member: p"),
    ],
)
def test_an_edited_table_is_found_and_named(box: Box, sql: str, named: str) -> None:
    a_morning(box)
    edit(box, sql)
    assert [problem for problem in box.verify().problems if problem.startswith(named)]


def test_a_call_out_of_turn_is_unexplained_and_named(box: Box) -> None:
    box.issue()
    box.issue()
    forge(box.database, call(waiting(box)[1], "1", 70))
    report = box.verify()
    assert report.calls[Verdict.UNEXPLAINED] == 1
    assert "UNEXPLAINED, the rule names A001" in report.problems[0]


@pytest.mark.parametrize("lie", [{"why": "category"}, {"run": 2}, {"run_after": 1}])
def test_the_right_ticket_for_a_wrong_reason_is_unexplained(box: Box, lie: dict[str, object]) -> None:
    box.issue()
    forge(box.database, call(waiting(box)[0], "1", 70, **lie))
    assert box.verify().calls == {Verdict.UNEXPLAINED: 1}


def test_a_call_with_invented_scores_is_unexplained(box: Box) -> None:
    box.issue()
    forge(box.database, call(waiting(box)[0], "1", 70, scores=({"ticket": waiting(box)[0], "score": 9000},)))
    assert box.verify().calls == {Verdict.UNEXPLAINED: 1}


def test_a_call_of_nobody_the_desk_may_call_is_unexplained(box: Box) -> None:
    box.issue("address")
    forge(box.database, call(waiting(box)[0], "1", 70))
    assert "the rule names nobody" in box.verify().problems[0]


def test_a_manual_pick_without_a_reason_is_unexplained_and_with_one_explained(box: Box) -> None:
    box.issue()
    box.issue()
    forge(box.database, call(waiting(box)[1], "1", 70, why="manual", reason="asked"))
    assert box.verify().calls == {Verdict.EXPLAINED: 1}
    forge(box.database, call(waiting(box)[0], "2", 70, why="manual"))
    assert box.verify().calls == {Verdict.EXPLAINED: 1, Verdict.UNEXPLAINED: 1}


def test_a_call_of_a_ticket_that_was_not_waiting_is_impossible(box: Box) -> None:
    box.issue()
    box.act(c.CallNext("1"))
    ticket = box.hall.desks["1"].ticket
    assert ticket
    forge(box.database, call(ticket, "2", 70))
    report = box.verify()
    assert report.calls[Verdict.IMPOSSIBLE] == 1
    assert "impossible, it was not waiting" in report.problems[0]


def test_a_call_at_a_desk_that_was_not_free_is_impossible(box: Box) -> None:
    box.issue()
    box.issue()
    box.act(c.CallNext("1"))
    forge(box.database, call(waiting(box)[0], "1", 70))
    assert "impossible, the desk was not free" in box.verify().problems[0]


def test_a_call_at_a_closed_desk_is_impossible(box: Box) -> None:
    box.issue()
    box.act(c.Close("1"))
    forge(box.database, call(waiting(box)[0], "1", 70, scores=({"ticket": waiting(box)[0], "score": 10},)))
    assert box.verify().calls == {Verdict.IMPOSSIBLE: 1}


def test_a_line_that_cannot_be_replayed_is_named_and_nothing_after_it_is_believed(box: Box) -> None:
    box.issue()
    with box.database.write() as transaction:
        line = e.Fact("forged", MORNING, "ntp", "desk:1", e.TicketStarted(ticket="ghost", desk="1", tick=70))
        transaction.append([line], [], transaction.hall)
    found = box.verify().problems
    assert len(found) == 1
    assert "ticket.started cannot be replayed: KeyError 'ghost'" in found[0]


def test_a_tick_that_goes_back_within_a_day_is_found(box: Box) -> None:
    box.issue()
    box.pass_by(100)
    box.issue()
    forge(box.database, call(waiting(box)[0], "1", 70, scores=({"ticket": waiting(box)[0], "score": 10}, {"ticket": waiting(box)[1], "score": 0})))
    assert not box.verify().clean


def test_replaying_the_journal_gives_the_hall(box: Box) -> None:
    a_morning(box)
    assert replay(queries.all_lines(box.database)) == box.hall


def test_restarts_and_days_stay_clean(box: Box) -> None:
    for _ in range(3):
        a_morning(box)
        box.restart()
        box.pass_by(24 * 3600)
    report = box.verify()
    assert report.problems == []
    assert report.calls.total() == 9


@pytest.mark.parametrize("payload", ["not json", "{}", "[]", "null"])
def test_a_payload_that_says_nothing_is_a_problem_not_a_crash(box: Box, payload: str) -> None:
    a_morning(box)
    edit(box, "UPDATE journal SET payload = ? WHERE type = 'ticket.finished'", payload)
    report = box.verify()
    assert "payload differs from its hash" in report.problems[0]
    assert "cannot be replayed" in report.problems[1]


def test_a_page_that_is_damaged_is_told_in_words(box: Box) -> None:
    """A start reads only the end of the journal; whoever reads all of it meets the damage."""
    a_morning(box)
    connection = box.database.connection()
    leaves = connection.execute("SELECT pageno FROM dbstat WHERE name = 'journal' AND pagetype = 'leaf' ORDER BY path").fetchall()
    leaf = int(str(leaves[0][0]))
    connection.wal_checkpoint(mode=apsw.SQLITE_CHECKPOINT_TRUNCATE)
    whole = box.path.read_bytes()
    box.path.write_bytes(whole[: (leaf - 1) * 4096] + bytes(4096) + whole[leaf * 4096 :])
    spoilt = Database(box.path)
    spoilt.open()
    with pytest.raises(Corrupt, match=r"cannot read .*: the file is damaged .* restore the last backup"):
        verify(spoilt)
    spoilt.close()
