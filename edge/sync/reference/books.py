"""The tables of the national server's domain: what follows from the centres' journals, from the portal and from the operator.

All of it belongs to one centre and changes in `database.of_centre`. Instants are milliseconds since 1970 (``…_ms``), as in `models`.
"""

from peewee import BigIntegerField, BooleanField, CharField, CompositeKey, SmallIntegerField, TextField

from edge.sync.reference.models import Table


class Standing(Table):
    """How far the domain is with a centre. ``served_pos``: what the feed has handed out, whether or not it arrived."""

    centre = CharField(primary_key=True)
    served_pos = BigIntegerField(default=0)
    began = BooleanField(default=False)  # its journal was here up to the head of a hello once: rights may be given and sold
    is_stale = BooleanField(default=True)  # settings or epoch changed since all slots were looked at
    kept_day = CharField(default="")  # the local day on which all slots were looked at
    kept_ms = BigIntegerField(default=0)
    handed_day = CharField(default="")  # the last local day whose bookings were handed to the centre
    told_pos = BigIntegerField(default=0)  # the receipt at the box's last hello: its journal up to the next two has the effects of all before
    told_epoch = BigIntegerField(default=0)
    told_seq = BigIntegerField(default=0)


class Setting(Table):
    """The newest value of a centre's journalled setting, as JSON."""

    centre = CharField()
    key = CharField()
    value = TextField()

    class Meta:
        primary_key = CompositeKey("centre", "key")


class Ledger(Table):
    """A slot: its capacity and the national side's counters. ``is_offered``: the timetable still has it."""

    centre = CharField()
    slot = CharField()
    service = CharField()
    start_ms = BigIntegerField()
    minutes = SmallIntegerField()
    capacity = BigIntegerField(default=0)
    sold = BigIntegerField(default=0)
    released = BigIntegerField(default=0)
    is_offered = BooleanField(default=False)
    by_operator = BooleanField(default=False)  # an operator set its capacity: the timetable does not
    is_cut = BooleanField(default=False)  # the national side has stopped selling it and gave the rest to the centre
    recalled_ms = BigIntegerField(null=True)  # when rights were last asked back

    class Meta:
        primary_key = CompositeKey("centre", "slot")
        indexes = ((("centre", "start_ms"), False),)


class Share(Table):
    """The edge's counters of one slot and epoch, as the national side knows them."""

    centre = CharField()
    slot = CharField()
    epoch = BigIntegerField()
    granted = BigIntegerField(default=0)
    returned = BigIntegerField(default=0)
    sold = BigIntegerField(default=0)
    released = BigIntegerField(default=0)
    ended = BooleanField(default=False)

    class Meta:
        primary_key = CompositeKey("centre", "slot", "epoch")


class Booking(Table):
    """A booking of either side. ``state``: confirmed, cancelled, checked-in, no-show. ``custody``: as its last item of the feed says."""

    centre = CharField()
    booking = CharField()
    code = CharField()
    service = CharField()
    slot = CharField()
    start_ms = BigIntegerField()
    minutes = SmallIntegerField()
    person = CharField()  # a keyed hash; empty once erased
    lang = CharField()
    state = CharField()
    right = CharField()
    right_epoch = BigIntegerField(null=True)
    custody = CharField()
    item_pos = BigIntegerField(default=0)  # of the feed; 0: it was never an item
    known_pos = BigIntegerField(default=0)  # of the first item that said confirmed: what is not served up to here, no centre can honour
    made_event = CharField(default="", index=True)  # of the journal
    made_ms = BigIntegerField()

    class Meta:
        primary_key = CompositeKey("centre", "booking")
        indexes = ((("centre", "code"), False), (("centre", "slot"), False), (("centre", "service", "person"), False))


class Held(Table):
    """A national right of a slot that a booking has left: the centre may not know that yet, so nobody gets it before its journal says so."""

    centre = CharField()
    booking = CharField()
    turn = SmallIntegerField()  # the first one left is 0
    slot = CharField()

    class Meta:
        primary_key = CompositeKey("centre", "booking", "turn")


class Request(Table):
    """What the centre was asked to do with a booking in its custody. ``state``: open, done, refused (``why``: a word of the contract)."""

    centre = CharField()
    request = CharField()
    booking = CharField()
    wish = CharField()
    slot = CharField(null=True)
    state = CharField(default="open")
    why = CharField(null=True)
    asked_ms = BigIntegerField()

    class Meta:
        primary_key = CompositeKey("centre", "request")
        indexes = ((("centre", "booking"), False),)


class Ticket(Table):
    """Tickets of the last days, for the figures and so that one issued twice is seen."""

    centre = CharField()
    ticket = CharField()
    day = CharField()
    number = CharField()
    service = CharField()
    state = CharField()

    class Meta:
        primary_key = CompositeKey("centre", "ticket")
        indexes = ((("centre", "day", "number"), False),)


class Desk(Table):
    """A desk as the journal left it: open, paused, closed."""

    centre = CharField()
    desk = CharField()
    state = CharField()

    class Meta:
        primary_key = CompositeKey("centre", "desk")


class Device(Table):
    """A device that is registered at the centre."""

    centre = CharField()
    device = CharField()
    kind = CharField()
    active = BooleanField()

    class Meta:
        primary_key = CompositeKey("centre", "device")


class Day(Table):
    """What the centre did on a business day."""

    centre = CharField()
    day = CharField()
    issued = BigIntegerField(default=0)
    finished = BigIntegerField(default=0)
    missed = BigIntegerField(default=0)
    is_open = BooleanField(default=True)

    class Meta:
        primary_key = CompositeKey("centre", "day")


class Concern(Table):
    """Something that a person should look at, from the journal or from this side; gone when it is settled. ``kind``: a word of `overview`."""

    centre = CharField()
    kind = CharField()
    key = CharField()
    detail = TextField()  # JSON of an object
    since_ms = BigIntegerField()
    times = BigIntegerField(default=1)

    class Meta:
        primary_key = CompositeKey("centre", "kind", "key")


class Answer(Table):
    """The answer to a portal's call, by the digest of its idempotency key: the same call is answered the same again."""

    scope = CharField(primary_key=True)
    body_digest = CharField()
    status = SmallIntegerField()
    answer = TextField()
    made_ms = BigIntegerField()


class Operator(Table):
    """Who may change what belongs to the national side: the digest of a token."""

    token_digest = CharField(primary_key=True)
    name = CharField()
    made_ms = BigIntegerField()
