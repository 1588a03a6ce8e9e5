"""The write transaction: one at a time in the order of arrival, all or nothing, and what a full disk does."""

import threading
from pathlib import Path

import apsw
import pytest

from edge.errors import KeyReused, Refused, Unavailable
from edge.queueing import commands as c
from edge.store import queries, shadow
from edge.store.database import Database, FairQueue
from tests.store.writing import do, issue, open_centre

AT = "2026-03-02T03:00:00.000Z"


def dump(database: Database) -> dict[str, object]:
    """Everything that the file says, table by table."""
    connection = database.connection()
    tables = [name for (name,) in connection.execute("SELECT name FROM sqlite_schema WHERE type = 'table'")]
    return {table: list(connection.execute(f"SELECT * FROM {table}")) for table in tables}


def test_whoever_waits_longest_is_let_in_first() -> None:
    queue, order, threads = FairQueue(), [], []
    queue.acquire()

    def enter(number: int) -> None:
        queue.acquire()
        order.append(number)
        queue.release()

    for number in range(8):
        thread = threading.Thread(target=enter, args=(number,))
        thread.start()
        while len(queue._waiting) <= number:
            thread.join(0.001)
        threads.append(thread)
    queue.release()
    for thread in threads:
        thread.join()
    assert order == list(range(8))


def test_eight_threads_write_at_once_and_none_fails_or_starves(database: Database) -> None:
    open_centre(database)
    each, begun, order, problems = 20, threading.Barrier(8), [], []

    def write(name: int) -> None:
        begun.wait()
        try:
            for _ in range(each):
                issue(database)
                order.append(name)
        except BaseException as error:
            problems.append(error)
            raise

    threads = [threading.Thread(target=write, args=(name,)) for name in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert problems == []
    assert database.committed.hall.issued == 8 * each
    numbers = [ticket.number for ticket in database.committed.hall.tickets.values()]
    assert len(set(numbers)) == 8 * each
    # while all eight still write, nobody writes much less than its share
    first_half = order[: 4 * each]
    assert min(first_half.count(name) for name in range(8)) >= each // 4


def test_a_writer_holds_the_database_from_its_begin(database: Database) -> None:
    open_centre(database)
    other = apsw.Connection(str(database.path))
    with database.write(), pytest.raises(apsw.BusyError):
        other.execute("BEGIN IMMEDIATE")
    other.close()


def test_an_exception_leaves_everything_as_it_was(database: Database) -> None:
    open_centre(database)
    before, committed = dump(database), database.committed

    def spoil() -> None:
        with database.write() as transaction:
            transaction.remember("scope", "key", "digest", "answer", AT)
            transaction.keep_contact("t1", b"sealed")
            raise RuntimeError

    with pytest.raises(RuntimeError):
        spoil()
    assert dump(database) == before
    assert database.committed is committed
    issue(database)


def test_a_refused_command_leaves_everything_as_it_was(database: Database) -> None:
    open_centre(database)
    before = dump(database)
    with pytest.raises(Refused):
        do(database, c.Issue("t1", "passport", "ky", "k"), c.Finish("1"))
    assert dump(database) == before


def test_the_committed_hall_is_published_only_after_the_commit(database: Database) -> None:
    open_centre(database)
    version = database.committed.version
    with database.write() as transaction:
        assert database.committed.version == version
        assert transaction.hall is database.committed.hall
    assert database.committed.version == version
    issue(database)
    assert database.committed.version == version + 1


def test_a_line_written_by_another_process_is_seen_before_anything_is_decided(database: Database, path: Path) -> None:
    open_centre(database)
    other = Database(path)
    other.open()
    theirs = issue(other)
    ours = issue(database)
    numbers = {ticket: value.number for ticket, value in database.committed.hall.tickets.items()}
    assert numbers == {theirs: "A001", ours: "A002"}
    other.close()


def test_a_full_database_is_unavailable_and_loses_nothing(path: Path) -> None:
    database = Database(path, max_pages=60)
    database.open()
    open_centre(database)
    before, tickets = dump(database), 0

    def fill() -> None:
        nonlocal before, tickets
        while True:
            before = dump(database)
            issue(database)
            tickets += 1

    with pytest.raises(Unavailable, match="full: free space, then try again; nothing was lost") as caught:
        fill()
    assert caught.value.code == "disk_full"
    assert database.fault == str(caught.value)
    assert tickets > 3
    assert dump(database) == before
    assert database.committed.hall.issued == tickets
    database.connection().execute("PRAGMA max_page_count = 5000")
    issue(database)
    assert database.fault is None
    with shadow.snapshot(database) as snapshot:
        assert snapshot.integrity() == []
    database.close()


def test_a_disk_error_while_writing_is_unavailable_and_loses_nothing(database: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    open_centre(database)
    before = dump(database)
    database.connection().create_scalar_function("io_error", _io_error)
    with monkeypatch.context() as patched:
        patched.setattr("edge.store.hot.PUT_HALL", "SELECT io_error(?, ?, ?, ?, ?, ?, ?)")
        with pytest.raises(Unavailable):
            issue(database)
    assert dump(database) == before
    issue(database)


def _io_error(*_: object) -> None:
    raise apsw.IOError("disk I/O error")


def test_a_remembered_answer_comes_back_word_for_word(database: Database) -> None:
    with database.write() as transaction:
        assert transaction.recall("scope", "key", "d1") is None
        transaction.remember("scope", "key", "d1", '{"a":"Ң"}', AT)
        assert transaction.recall("scope", "key", "d1") == '{"a":"Ң"}'
    with database.write() as transaction:
        assert transaction.recall("scope", "key", "d1") == '{"a":"Ң"}'
        assert transaction.recall("other", "key", "d2") is None
        with pytest.raises(KeyReused, match="key 'key' was already used for another request"):
            transaction.recall("scope", "key", "d2")


def test_old_answers_are_forgotten_and_young_ones_kept(database: Database) -> None:
    with database.write() as transaction:
        transaction.remember("s", "old", "d", "a", "2026-03-01T03:00:00.000Z")
        transaction.remember("s", "young", "d", "b", AT)
    with database.write() as transaction:
        transaction.forget(AT)
        assert (transaction.recall("s", "old", "d"), transaction.recall("s", "young", "d")) == (None, "b")


def test_contacts_are_erased_with_the_day_that_they_were_kept_for(database: Database) -> None:
    with database.write() as transaction:
        transaction.keep_contact("t1", b"sealed")
        transaction.keep_contact("t1", b"sealed again")
        transaction.keep_contact("b1", b"of a booking", until="2026-03-03")
    assert dump(database)["contact"] == [("b1", b"of a booking", "2026-03-03"), ("t1", b"sealed again", None)]
    with database.write() as transaction:
        transaction.erase_contacts("2026-03-02")
    assert dump(database)["contact"] == [("b1", b"of a booking", "2026-03-03")]
    with database.write() as transaction:
        transaction.erase_contacts("2026-03-03")
    assert dump(database)["contact"] == []


def test_a_long_write_ahead_log_is_copied_away_off_the_path_of_presses(database: Database) -> None:
    open_centre(database)
    for _ in range(20):
        issue(database)
    assert not database.checkpoint(above_pages=10_000)
    assert database.checkpoint(above_pages=5)
    assert len(queries.lines(database, 1, 0, 1000)) == len(list(queries.all_lines(database))) == database.committed.head.seq


def test_reading_never_waits_for_a_writer(database: Database) -> None:
    open_centre(database)
    seen: list[int] = []
    with database.write():
        reader = threading.Thread(target=lambda: seen.append(len(queries.lines(database, 1, 0, 1000))))
        reader.start()
        reader.join(5)
    assert seen == [database.committed.head.seq]
