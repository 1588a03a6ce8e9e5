"""The tables of the national server. What one centre has begins its key with the centre.

Lines are kept as they came, byte for byte; all else follows from them, from the portal, or from the operator. Instants are milliseconds since 1970
(``…_ms``), because neither engine's own times are the other's.
"""

from typing import Any

from peewee import BigIntegerField, BooleanField, CharField, CompositeKey, DatabaseProxy, Model, SmallIntegerField, TextField

DATABASE = DatabaseProxy()


class Table(Model):
    """Root of all tables; a module that adds some is imported before the database is opened."""

    class Meta:
        database = DATABASE
        legacy_table_names = False


class Server(Table):
    """One row: what is of the server itself. ``seed``: its Ed25519 key, which signs receipts, in hex."""

    id = SmallIntegerField(primary_key=True)
    schema = SmallIntegerField()
    seed = CharField()
    made_ms = BigIntegerField()


class Centre(Table):
    """A centre that was enrolled; its row is locked by whoever changes anything of it (`database.of_centre`)."""

    centre = CharField(primary_key=True)
    token_digest = CharField(unique=True)  # SHA-256 of the token, hex
    person_key = CharField()  # base64, 32 bytes: under it both sides know a person
    waits_for_operator = BooleanField(default=False)  # the first node is bound by an operator, not by its first hello
    node = CharField(null=True)  # the box that was bound, and its key (base64)
    public_key = CharField(null=True)
    bound_ms = BigIntegerField(null=True)

    incarnation = CharField()  # a new one after any restore
    version = BigIntegerField()  # the last version given to an item; versions never repeat
    pos = BigIntegerField(default=0)  # the last position of the feed
    compacted_pos = BigIntegerField(default=0)  # deletions up to here are forgotten
    retired_ms = BigIntegerField(default=0)  # when what has passed was last taken out of the feed
    receipt_pos = BigIntegerField(default=0)  # the highest cursor that the edge asked with: all up to it was applied there

    epoch = BigIntegerField(default=0)  # the present one: the newest that was issued or has lines
    applied_epoch = BigIntegerField(default=0)  # the last line that the domain has taken
    applied_seq = BigIntegerField(default=0)

    relearning = BooleanField(default=False)  # a new incarnation: sells and grants nothing until it has the journal up to the next two
    relearn_epoch = BigIntegerField(null=True)
    relearn_seq = BigIntegerField(null=True)

    forked_epoch = BigIntegerField(null=True)  # the epoch whose last push got `fork`
    copied_epoch = BigIntegerField(null=True)  # the head that the last `fast_forward` named
    copied_seq = BigIntegerField(null=True)

    seen_ms = BigIntegerField(null=True)  # the last call of the bound box
    pushed_ms = BigIntegerField(null=True)
    hello = TextField(null=True)  # the last hello of the bound box as JSON: app, clock, at, hardware, is_backup, epoch, head


class Epoch(Table):
    """An epoch of a centre: where it hangs, to whom it was issued, and the head of what is stored of it."""

    centre = CharField()
    epoch = BigIntegerField()
    parent_epoch = BigIntegerField(null=True)  # None for the first
    parent_seq = BigIntegerField(null=True)
    parent_hash = CharField(null=True)
    node = CharField(null=True)
    issued_ms = BigIntegerField(null=True)  # None: learned from the journal
    issued_for = BigIntegerField(null=True)  # the epoch that the box was in then
    seq = BigIntegerField(default=0)  # the head; 0 and 64 zeros before the first line
    hash = CharField()
    durable_seq = BigIntegerField(default=0)  # a verified backup elsewhere has the lines up to here

    class Meta:
        primary_key = CompositeKey("centre", "epoch")


class Line(Table):
    """A line of a centre's journal as it came, without the line end. After an erasure ``text`` has `payload` and `salt` null."""

    centre = CharField()
    epoch = BigIntegerField()
    seq = BigIntegerField()
    id = CharField()
    type = CharField()
    hash = CharField()
    received_ms = BigIntegerField()
    text = TextField()

    class Meta:
        primary_key = CompositeKey("centre", "epoch", "seq")
        indexes = ((("centre", "id", "epoch"), True),)


# As peewee would write it, but in parts: PostgreSQL then keeps, vacuums and moves each part by itself.
PARTITIONED_LINE = """CREATE TABLE line (
    centre varchar(255) NOT NULL, epoch bigint NOT NULL, seq bigint NOT NULL, id varchar(255) NOT NULL, type varchar(255) NOT NULL,
    hash varchar(255) NOT NULL, received_ms bigint NOT NULL, text text NOT NULL, PRIMARY KEY (centre, epoch, seq)
) PARTITION BY HASH (centre)"""


class Notice(Table):
    """What the domain refused of a line: a word of the contract. Said in the answer to its push, and to whoever asks later."""

    centre = CharField()
    epoch = BigIntegerField()
    seq = BigIntegerField()
    code = CharField()

    class Meta:
        primary_key = CompositeKey("centre", "epoch", "seq", "code")


class Erased(Table):
    """An event whose payload was erased: a copy of it that comes later, in another epoch, is stored without."""

    centre = CharField()
    id = CharField()

    class Meta:
        primary_key = CompositeKey("centre", "id")


class Fence(Table):
    """A box that may not push: an older epoch, another node, or nothing in common. ``lifted`` by an operator, its next hello gets a new epoch."""

    centre = CharField()
    node = CharField()
    epoch = BigIntegerField()
    public_key = CharField()
    why = CharField()  # older, node, stranger; or binding: it waits for an operator to be bound
    seq = BigIntegerField()  # its head
    hash = CharField()
    since_ms = BigIntegerField()
    seen_ms = BigIntegerField()
    lifted = BooleanField(default=False)

    class Meta:
        primary_key = CompositeKey("centre", "node", "epoch")


class Item(Table):
    """The newest state of one key of a centre's feed. A change takes the next position, so that whoever pages on meets the newest alone."""

    centre = CharField()
    kind = CharField()
    key = CharField()
    pos = BigIntegerField()
    version = BigIntegerField()
    op = CharField()  # put, delete
    payload = TextField(null=True)  # JSON of an object; None for delete
    custody = CharField()  # national, edge
    put_ms = BigIntegerField()

    class Meta:
        primary_key = CompositeKey("centre", "kind", "key")
        indexes = ((("centre", "pos"), True),)


def tables() -> list[type[Table]]:
    """Return every table that some imported module declares."""

    def below(parent: type[Any]) -> list[type[Table]]:
        return [each for child in parent.__subclasses__() for each in (child, *below(child))]

    return below(Table)
