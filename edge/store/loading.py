"""Reading the hall back from the tables: at start, and when another process wrote."""

import json
from dataclasses import replace

import apsw

from edge.queueing.booking import earliest
from edge.queueing.desk import Desk
from edge.queueing.hall import Hall, first_hold_end
from edge.queueing.policy import KEYS, Policy, with_national, with_setting
from edge.queueing.slots import Shows
from edge.store import hot, rows


def load_hall(connection: apsw.Connection) -> Hall:
    """Return the hall as the tables show it; an empty database gives an empty hall."""
    scalars = connection.execute(hot.GET_HALL).fetchone()
    if scalars is None:
        return Hall()
    applied, tick, day, issued, counters, epoch = scalars
    policy = Policy()
    settings: dict[str, str] = {str(key): str(value) for key, value in connection.execute(hot.GET_SETTINGS)}
    for key in (*KEYS, *sorted(settings.keys() - set(KEYS))):
        if key in settings:
            policy = with_setting(policy, key, json.loads(settings[key]))
    if said := {str(item): json.loads(payload) for item, payload in connection.execute(hot.OVERLAID)}:
        policy = with_national(policy, replace(policy.national, said=said))
    stored = {row[0]: rows.desk(row) for row in connection.execute(hot.GET_DESKS)}
    tickets = [rows.ticket(row) for row in connection.execute(hot.OPEN_TICKETS)]
    devices = (rows.device(row) for row in connection.execute(hot.GET_DEVICES))
    bookings = [rows.booking(row) for row in connection.execute(hot.OPEN_BOOKINGS)]
    ledgers = (rows.slot(row) for row in connection.execute(hot.OPEN_SLOTS))
    shows = {str(service): Shows(came, missed) for service, came, missed in connection.execute(hot.SHOWS)}
    alerts = (rows.alert(row) for row in connection.execute(hot.GET_ALERTS))
    members = (rows.member(row) for row in connection.execute(hot.GET_MEMBERS))
    return Hall(
        applied=applied,
        tick=tick,
        policy=policy,
        day=rows.day(day),
        issued=issued,
        counters=json.loads(counters),
        desks={name: stored.get(name, Desk(name)) for name in policy.desks},
        tickets={ticket.id: ticket for ticket in tickets},
        devices={device.device: device for device in devices},
        alerts={alert.alert: alert for alert in alerts},
        members={member.pseudonym: member for member in members},
        epoch=epoch,
        hold_ends=first_hold_end(tickets),
        bookings={booking.id: booking for booking in bookings},
        slots={ledger.slot: ledger for ledger in ledgers},
        shows=shows,
        next_booking=earliest(bookings),
        learned=rows.learned(connection.execute(hot.GET_LESSONS)),
        blocks={str(letter): int(last) for letter, last in connection.execute(hot.GET_BLOCKS)},
    )
