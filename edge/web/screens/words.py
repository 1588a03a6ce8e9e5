"""The contract's code words in people's words, lazily translated.

A code that a later version adds is shown as it is, rather than as nothing.
"""

from collections.abc import Mapping

from flask_babel import LazyString
from flask_babel import lazy_gettext as _l

Words = Mapping[str, LazyString]

NO_TICKETS: Words = {
    "closed": _l("Closed now"),
    "lunch": _l("Lunch break"),
    "full": _l("All tickets for today are taken"),
    "cut-off": _l("No more tickets today"),
    "appointment-only": _l("By appointment only"),
    "not-yet": _l("Not open yet"),
    "emergency": _l("Closed because of an emergency"),
    "unknown": _l("Not offered here"),
}

PROMISE: Words = {  # what is not sure is said before a ticket is taken and on it; "guaranteed" needs no words
    "standby": _l("Without guarantee: you may not be served today"),
    "none": _l("Without guarantee: you will hardly be served today"),
}

BOOKING: Words = {
    "confirmed": _l("Booked"),
    "checked-in": _l("Checked in"),
    "cancelled": _l("Cancelled"),
    "no-show": _l("Nobody came"),
    "over": _l("The time of this appointment is over"),
}

CALLED: Words = {
    "order": _l("In turn"),
    "booked": _l("By appointment"),
    "late": _l("Appointment, late"),
    "category": _l("Priority"),
    "run-cap": _l("In turn after priority"),
    "returned": _l("Came back"),
    "transfer": _l("From another desk"),
    "early": _l("Appointment, early"),
    "manual": _l("Chosen by staff"),
}

TICKET: Words = {
    "waiting": _l("Waiting"),
    "called": _l("Please come to the desk"),
    "serving": _l("Being served"),
    "held": _l("On hold: the staff will continue with you"),
    "missed": _l("Your call was missed. Please ask the staff"),
    "finished": _l("Finished"),
    "cancelled": _l("Cancelled"),
}

RIGHT: Words = {  # of a waiting ticket
    "declared": _l("You declared a right to priority. Have the proof ready: the desk will ask for it."),
    "proof-first": _l("Your right to priority counts as soon as a member of staff has seen the proof."),
    "confirmed": _l("Your right to priority is confirmed."),
    "refused": _l("No proof of a right to priority was shown. You wait in turn, from the time you came: %(time)s."),
}

AT_DESK: Words = {"called": _l("On the way"), "serving": _l("Being served")}

ASIDE: Words = {"held": _l("On hold"), "missed": _l("Missed")}

DESK: Words = {"closed": _l("Closed"), "open": _l("Open"), "paused": _l("Paused")}

PAUSES: Words = {
    "break": _l("Short break"),
    "lunch": _l("Lunch break"),
    "paperwork": _l("Paperwork"),
    "technical": _l("Technical problem"),
}

CLOSED_FOR: Words = {**PAUSES, "day-end": _l("End of the day"), "after-hours": _l("After hours")}  # reasons of a desk that is not open

RESULTS: Words = {
    "empty": _l("Nobody is waiting"),
    "off": _l("Nobody is called now: it is lunch, or the hall is not open yet"),
    "undone": _l("Taken back"),
}

DONE: Words = {
    "called": _l("%(number)s is called"),
    "recalled": _l("%(number)s is called again"),
    "serving": _l("%(number)s is at the desk"),
    "finished": _l("%(number)s is finished"),
    "missed": _l("%(number)s did not come"),
    "held": _l("%(number)s is on hold"),
    "cancelled": _l("%(number)s is cancelled"),
    "resumed": _l("%(number)s waits again"),
    "to-desk": _l("%(number)s: desk %(place)s will call"),
    "to-service": _l("%(number)s waits again: %(place)s"),
    "confirmed": _l("%(number)s: the right to priority is confirmed"),
    "unconfirmed": _l("%(number)s waits again, in turn"),
    "step": _l("%(number)s goes on afterwards: %(place)s"),
}

WHY: Words = {
    "order": _l("The turn of this number has come"),
    "booked": _l("Came on time for an appointment"),
    "late": _l("Has an appointment and came late"),
    "category": _l("Has a right to priority"),
    "run-cap": _l("In turn again after several calls with priority"),
    "returned": _l("Came back after a pause or a missed call"),
    "transfer": _l("Sent on by another desk"),
    "early": _l("Has an appointment; it is early, but nobody else is waiting"),
    "manual": _l("Chosen by staff; the reason is in the journal"),
}

REFUSED: Words = {
    "ticket_state": _l("This ticket has moved on. The desk is shown as it is now"),
    "desk_state": _l("The desk is in another state already. It is shown as it is now"),
    "day_state": _l("This date cannot be: it is confirmed already, or does not come after the day before"),
    "desk_busy": _l("A visitor is still at the desk: finish first"),
    "no_cohorts": _l("People do not come in by number here"),
    "all_in": _l("Everybody with a ticket may come in already"),
    "off_roster": _l("Nobody is called now: it is lunch, or the hall is not open yet"),
    "desk_free": _l("No visitor is at the desk"),
    "nothing_to_undo": _l("There is nothing to take back"),
    "undo_too_late": _l("It is too late to take this back: only 10 seconds are given"),
    "moved_since": _l("Someone else has moved this ticket: the call stands"),
    "no_slip": _l("There is no such slip, or none was filled in"),
    "slip_used": _l("One of these slips was keyed in already"),
    "paper_time": _l("This time cannot be: write it as 09:10, and not later than now"),
    "block_size": _l("So many slips cannot be printed at once: 1 to 1000"),
    "full": _l("No numbers are left"),
    "step_taken": _l("This service is already part of the visit"),
    "no_category": _l("There is no right to priority to check"),
    "emergency": _l("The hall is closed because of an emergency: nobody is called"),
    "already_booked": _l("There is an appointment for this service already: everybody has one"),
    "slot_full": _l("This time was taken a moment ago"),
    "rights_spent": _l("This centre has no seats left at this time; the others are given out by the national site"),
    "no_rights": _l("This centre has given out its appointments; the national site may have others"),
    "national_custody": _l("This appointment was made on the national site and is changed there until the evening before"),
    "slot_past": _l("This time has begun already"),
    "no_date": _l("Nothing can be booked: the box does not know the date. The staff can confirm it"),
    "restored": _l("Nothing can be booked: the box works from a backup that nobody has confirmed yet"),
    "epoch_awaited": _l("Nothing can be booked until the national server has answered this box"),
    "too_early": _l("It is too early to check in"),
    "too_late": _l("It is too late to check in"),
    "booking_state": _l("The appointment has changed meanwhile"),
    "delayed": _l("Too many wrong codes. Please wait a minute"),
    "gone": _l("This choice no longer exists. Please look again"),
    "not-now": _l("This could not be saved just now. Press again"),
    "emergency_in_force": _l("The hall is closed by an emergency already"),
    "no_emergency": _l("There is no emergency any more"),
    "login_taken": _l("This login is taken. Please choose another"),
    "login_invalid": _l("This login cannot be used. Small letters, digits, dots, hyphens and underscores are possible"),
    "national_disabled": _l("The national side lets this member in no longer; only it can change that"),
    "alert_ends_itself": _l("It ends by itself when nothing is wrong any more"),
    "device_revoked": _l("This device was revoked before"),
    "device_known": _l("There is such a device already"),
    "last_administrator": _l("This is the last active administrator: somebody must be able to let others in"),
}

NOT_POSSIBLE = _l("This was not possible")

ROLES: Words = {
    "operator": _l("Clerk"),
    "supervisor": _l("Supervisor"),
    "administrator": _l("Administrator"),
    "auditor": _l("Auditor"),
}

DEVICES: Words = {
    "button": _l("Call button"),
    "kiosk": _l("Kiosk"),
    "board": _l("Board"),
    "desk": _l("Desk screen"),
    "led": _l("Desk display"),
    "printer": _l("Printer"),
    "speaker": _l("Loudspeaker"),
}

CHECKS: Words = {
    "database": _l("Database"),
    "broker": _l("Messages to devices"),
    "clock": _l("Clock"),
    "ticker": _l("Timers"),
    "data": _l("Data"),
    "disk": _l("Disk"),
    "printers": _l("Ticket printers"),
    "voice": _l("Voice and chime"),
    "alerts": _l("Devices and printers"),
}

HEALTH: Words = {"ok": _l("In order"), "degraded": _l("Working, with a fault")}

CHECKED: Words = {
    "ok": _l("Working"),
    "failed": _l("Not working"),
    "late": _l("Too slow"),
    "unsynced": _l("Not set by a time server"),
    "restored": _l("From a backup, not confirmed yet"),
    "fenced": _l("Another box works for this centre"),
    "mute": _l("Without words"),
    "full": _l("The disk is full, on reserved room"),
    "unprinted": _l("The last ticket was not printed"),
    "raised": _l("Something is wrong"),
}

ALERTS: Words = {  # of `queueing.alerts.What`
    "rules": _l("Somebody could send orders to devices for a moment: call the technician"),
    "broker": _l("No messages reach the devices"),
    "disk": _l("The disk of the box is nearly full"),
    "paper-out": _l("No paper"),
    "printer-error": _l("The printer has a fault"),
    "unprinted": _l("Tickets are not printed"),
    "gone": _l("Not connected"),
    "slow": _l("Answers too slowly"),
    "battery": _l("The battery is nearly empty"),
    "paper-low": _l("Little paper is left"),
    "clock": _l("No time server has set the clock of the box"),
    "voice": _l("Calls have a chime, but no words"),
}

PRINT: Words = {  # of a print job
    "queued": _l("Waits for the printer"),
    "begun": _l("Is being printed"),
    "printed": _l("Printed"),
    "sent": _l("Sent to the printer"),
    "failed": _l("Not printed"),
    "unknown": _l("Perhaps not printed"),
}

UNPRINTED: Words = {
    "off": _l("the printer is off, or not connected"),
    "no-answer": _l("the printer does not answer"),
    "paper-out": _l("there is no paper"),
    "cover-open": _l("its cover is open"),
    "error": _l("the printer reports a fault"),
    "cut": _l("the connection broke in the middle"),
    "unconfirmed": _l("the printer did not say that it was done"),
    "restarted": _l("the box was restarted meanwhile"),
}

STATUTORY: tuple[LazyString, ...] = (  # what a person may rely on: read by a native speaker before it counts as right (settings page, "Texts of law")
    _l("I have a right to priority"),
    _l("Touch what applies to you to take a ticket. Have the proof ready: the desk will ask for it."),
    _l("Right to priority"),
    _l("Proof: %(document)s", document="…"),
    *(CALLED[code] for code in ("category", "run-cap", "manual", "booked", "late", "early")),
    *RIGHT.values(),
    _l("No ticket was issued"),
    *NO_TICKETS.values(),
    *PROMISE.values(),
    _l("It is too early: check-in opens at %(opens)s. You are NOT checked in yet.", opens="…"),
    _l("You are late for %(time)s. You can still check in, but your place now counts from the moment you came.", time="…"),
    _l("Its time is over: check-in closed at %(closes)s. You are NOT checked in.", closes="…"),
    _l("This appointment was cancelled. You are NOT checked in."),
    _l("This code is not known. You are NOT checked in."),
    _l("The number itself is not kept: only a fingerprint of it, so that everybody has one appointment for a service."),
    TICKET["missed"],
    TICKET["cancelled"],
    _l("The hall is closed"),
    REFUSED["no_category"],
)


def word(words: Words, code: str) -> LazyString | str:
    """Return the words for ``code``, or the code itself when it is not known here."""
    return words.get(code, code)


def role_word(role: str) -> LazyString | str:
    """Return the words for a role."""
    return word(ROLES, role)
