"""Operational tables as peewee sees them: local, in no journal, never replayed. The schema is written in `migrations/`.

No table is bound to a database here: callers execute their query on the one they were given. Hot statements are in `hot.py`.
"""

from peewee import AutoField, CharField, IntegerField, Model, TextField


class _Table(Model):
    class Meta:
        without_rowid = True


class Verifier(_Table):
    """Argon2 hashes of a member's password and PIN."""

    pseudonym = CharField(primary_key=True)
    password = TextField(null=True)
    pin = TextField(null=True)


class Session(_Table):
    """A login; ``token`` is the SHA-256 of what the browser or client holds."""

    token = CharField(primary_key=True)
    pseudonym = TextField()
    desk = TextField(null=True)
    expires = TextField()


class Presence(_Table):
    """What a device last said of itself; ``about`` and ``stat`` are its JSON as received."""

    device = CharField(primary_key=True)
    state = TextField(null=True)
    boot_id = TextField(null=True)
    fw = TextField(null=True)
    seen_at = TextField(null=True)
    about = TextField(null=True)
    stat = TextField(null=True)


class Help(_Table):
    """A device whose visitor called for help and was not answered yet."""

    device = CharField(primary_key=True)
    since = TextField()


class PrintJob(Model):
    """A ticket on its way to paper; ``copy`` 0 is the ticket itself. ``address``: where the visitor's page is, None: nowhere."""

    job = AutoField()
    ticket = TextField()
    copy = IntegerField()
    printer = TextField()
    address = TextField(null=True)
    state = TextField()
    why = TextField(null=True)
    asked_at = TextField()
    ended_at = TextField(null=True)

    class Meta:  # noqa: D106 -- what peewee calls Meta says itself
        table_name = "print_job"
