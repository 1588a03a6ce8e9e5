"""How far the national server has come: kept over restarts, with the facts that it is true of, or not at all."""

from dataclasses import fields

import pytest

from edge.queueing.chain import Head
from edge.store import sync_state
from edge.store.database import Database
from edge.store.sync_state import Receipt, SyncState
from tests.store.writing import open_centre

ACKED = Head(1, 7, "a" * 64)


def test_a_box_that_never_spoke_to_a_server_has_no_state(database: Database) -> None:
    assert sync_state.read(database) == SyncState()


def test_the_state_is_there_after_a_restart(database: Database) -> None:
    given = SyncState("incarnation", ACKED, 5, "cursor", {"bookings": "d" * 64}, "fenced", "2026-03-02T03:00:00.000Z", "2026-03-02T03:00:00.000Z")
    with database.write() as transaction:
        transaction.keep_sync(**{field.name: getattr(given, field.name) for field in fields(given)})
        assert transaction.sync() == given
    again = Database(database.path)
    again.open()
    assert sync_state.read(again) == given
    with again.write() as transaction:
        transaction.keep_sync(acked=None, blocked=None)
    assert sync_state.read(again).acked is None
    assert sync_state.read(again).cursor == "cursor"
    again.close()


def test_the_state_is_undone_with_its_transaction(database: Database) -> None:
    open_centre(database)
    with pytest.raises(TypeError), database.write() as transaction:
        transaction.keep_sync(cursor="later", curser="later")
    assert sync_state.read(database).cursor is None


def test_a_misspelt_field_is_refused(database: Database) -> None:
    with pytest.raises(TypeError, match="has no 'curser'; known are incarnation, "), database.write() as transaction:
        transaction.keep_sync(curser="x")


def test_the_newest_thousand_receipts_are_kept(database: Database) -> None:
    with database.write() as transaction:
        for seq in range(1, 1011):
            transaction.keep_receipt(Receipt(Head(1, seq, "h"), "2026-03-02T03:00:00.000Z", f"receipt {seq}"))
    kept = list(sync_state.receipts(database))
    assert (len(kept), kept[0].head.seq, kept[-1].head.seq) == (1000, 1010, 11)
    assert next(sync_state.receipts(database, 1)).receipt == "receipt 1010"
