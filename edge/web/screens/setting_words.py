"""The settings in people's words: sections, fields, choices, and what may be wrong with them or deserve a second look.

Fields and codes that a later version adds are shown by their own name, rather than as nothing. Long because every field of the
document has its words here.
"""

from collections.abc import Mapping, Sequence

from flask_babel import get_locale
from flask_babel import lazy_gettext as _l

from edge.errors import Problem
from edge.operations.sentences import IDS
from edge.queueing.policy import WEEKDAYS
from edge.web.screens.language import OWN_NAMES
from edge.web.screens.words import Words, word

SECTIONS: Words = {
    "centre": _l("Centre"),
    "calendar": _l("Opening hours"),
    "services": _l("Services"),
    "desks": _l("Desks"),
    "zones": _l("Zones"),
    "categories": _l("Rights to priority"),
    "ordering": _l("Order of calls"),
    "visits": _l("How visits go on"),
    "bookings": _l("Appointments"),
    "promises": _l("Promises to visitors"),
    "led": _l("LED displays of desks"),
    "voice": _l("Voice and chime"),
    "devices": _l("Devices"),
    "notices": _l("Notices on the boards"),
    "emergency": _l("Emergency closure"),
    "restored": _l("Work from a backup"),
    "wall": _l("The rule on the wall"),
    "national": _l("National side"),
}

FIELDS: Words = {
    "id": _l("Short id"),
    "names": _l("Name"),
    "tz": _l("Time zone"),
    "langs": _l("Languages for visitors"),
    "clerk_login": _l("Desks act only for a clerk who logged in"),
    "kiosk_diagonal_in": _l("Size of the kiosks' screens, inches"),
    "zone": _l("Zone"),
    "viewing_distance_m": _l("Farthest seat from the board, metres"),
    "diagonal_in": _l("Size of the boards, inches"),
    "parent": _l("Group"),
    "letter": _l("Letter on the ticket"),
    "mode": _l("How visitors come"),
    "minutes": _l("A visit usually takes, minutes"),
    "documents": _l("What to bring"),
    "online": _l("Can be done online at"),
    "icon": _l("Picture"),
    "services": _l("Services"),
    "reserved": _l("Rights to priority taken first"),
    "overflow_after": _l("Takes others after so many seconds free"),
    "guard_ms": _l("A second press counts after, milliseconds"),
    "proof": _l("Proof to show"),
    "weight": _l("A minute of waiting counts (1000 is one)"),
    "head": _l("Head start, seconds"),
    "proof_first": _l("Counts only after the proof was seen"),
    "cap": _l("Calls with priority in a row, at most"),
    "early": _l("Appointment: called from so many seconds before"),
    "on_time": _l("Appointment: on time until so many seconds after"),
    "late": _l("Appointment: late until so many seconds after"),
    "returned_after": _l("After a missed call: seconds until the next call"),
    "weights": _l("Weights"),
    "weights.ordinary": _l("Ordinary visitors"),
    "weights.late": _l("Late for an appointment"),
    "weights.returned": _l("Came back after a missed call"),
    "weights.transfer": _l("Sent from another desk"),
    "weights.booked": _l("With an appointment"),
    "lunch": _l("Lunch break"),
    "days": _l("Holidays, shortened and extra days"),
    "days.day": _l("Date"),
    "days.hours": _l("Hours of that day"),
    "days.why": _l("What visitors read"),
    "keep_overnight": _l("Who still waits in the evening waits on tomorrow"),
    "tokens_before_min": _l("Tickets before the opening: from so many minutes before"),
    "cohort": _l("People let in at the door at a time"),
    "button_only": _l("Has a button and no screen: opens and closes with the hall"),
    "hours": _l("Opening hours"),
    "outcomes": _l("How a visit may end"),
    "quiet": _l("Back-office work, called without announcement"),
    "steps": _l("A visit of several services, in this order"),
    "absent_after": _l("A press this soon after a call means that nobody came, seconds"),
    "recall_limit": _l("Repeated calls before “Did not come”"),
    "recall_gap_s": _l("Seconds between two calls of a number"),
    "missed_within_min": _l("Who did not come keeps the place for so many minutes"),
    "block_letter": _l("Letter of the printed emergency slips"),
    "slot_minutes": _l("Appointments begin every so many minutes"),
    "slot_seats": _l("Appointments at the same time"),
    "exempt": _l("Open without an appointment on every day"),
    "next_mode": _l("How visitors come later"),
    "next_mode_from": _l("Later means from this day on"),
    "opens_before": _l("Check-in opens, minutes before"),
    "closes_after": _l("Check-in closes, minutes after"),
    "no_show_after": _l("Did not come: minutes after"),
    "horizon_days": _l("Days that can be booked ahead"),
    "share_permille": _l("Part of the desks' time for appointments, of 1000"),
    "only_permille": _l("The same where visitors come by appointment only"),
    "only_from": _l("By appointment only from this day on"),
    "release_days": _l("Unsold times go back to the national side, days before"),
    "cut_off": _l("Stop giving tickets when the day is full"),
    "z_permille": _l("Safety of a guaranteed place, in thousandths"),
    "tail_min": _l("Minutes kept for a visit that ends late"),
    "release_min": _l("Standby tickets are let go so many minutes before closing"),
    "called_colour": _l("Colour of a called number"),
    "serving_colour": _l("Colour of a number that is served"),
    "text_colour": _l("Colour of the texts"),
    "free_text": _l("Text while the desk is free"),
    "paused_text": _l("Text while the desk is paused"),
    "closed_text": _l("Text while the desk is closed"),
    "spoken": _l("Calls are spoken"),
    "volume": _l("Volume, 0 to 100"),
    "silent": _l("Hours without any sound"),
    "soft": _l("Softer hours"),
    "soft_volume": _l("Volume in the softer hours, 0 to 100"),
    "text": _l("Text"),
    "reason": _l("Reason"),
    "version": _l("Version"),
}

HINTS: Words = {
    "id": _l("Small Latin letters, digits and hyphens. It cannot be changed later."),
    "names": _l("Kyrgyz and Russian are needed. Kazakh and English fall back to Russian."),
    "letter": _l("A to Z, or two letters. Best are letters that look alike in both alphabets: A, E, K, M, T."),
    "parent": _l("A service that others have as their group takes no letter and gives no tickets."),
    "documents": _l("At most six lines. Empty lines are left out."),
    "online": _l("An address that begins with https://. Leave it empty if there is none."),
    "minutes": _l("For the waiting time that is shown before a ticket is taken."),
    "viewing_distance_m": _l("It decides how tall the numbers are drawn."),
    "weight": _l("Ordinary visitors have 1000."),
    "head": _l("Seconds of waiting that are given at the start."),
    "guard_ms": _l("So that one push of the button never calls twice."),
    "cap": _l("Then an ordinary visitor is called."),
    "outcomes": _l("The desk asks for one of these when the visit ends. Each has a short id and a name."),
    "quiet": _l("The number is neither shown on boards nor called out."),
    "steps": _l("The visitor keeps one ticket and goes on by itself. Desks serve the steps, not this visit."),
    "absent_after": _l("Only for a desk with nothing but a button. 0: never."),
    "recall_limit": _l("The desk then proposes “Did not come”. It forbids nothing."),
    "recall_gap_s": _l("The desk shows how long to wait. It forbids nothing."),
    "missed_within_min": _l("Who comes later waits as if just arrived."),
    "block_letter": _l("A letter that no service has. Leave it empty for the first free one."),
    "slot_minutes": _l("Leave it empty when the service has no appointments."),
    "slot_seats": _l("Leave it empty to have it worked out from desks, minutes of a visit and who did not come."),
    "exempt": _l("Also when the centre takes visitors by appointment only."),
    "next_mode_from": _l("As 2027-01-04."),
    "only_from": _l("As 2027-01-04. Services that are open on every day stay open. Leave it empty when visitors may come without an appointment."),
    "share_permille": _l("The rest is for those who come without an appointment."),
    "cut_off": _l("Before that, tickets say that their turn is not guaranteed. Appointments always count."),
    "spoken": _l("In the language of the ticket, after the chime. Without it there is the chime alone."),
    "volume": _l("The loudspeaker itself is set once, so that 80 is right on a busy day."),
    "silent": _l("Calls are then only shown on the boards."),
    "soft": _l("For example early in the morning, when few people wait."),
    "z_permille": _l("1640: a guaranteed place holds on nineteen days of twenty. More: safer, and fewer tickets."),
    "tail_min": _l("Leave it empty to have it measured: as long as nine visits in ten take."),
    "release_min": _l("Only those whose turn does not come any more."),
    "hours": _l("Hours as 09:00. Leave both empty when the hall is closed."),
    "clerk_login": _l("Each clerk then logs in by PIN at the desk."),
    "lunch": _l("At lunch nobody new is called. Desks may also have lunch one after another: each has its own in its settings."),
    "desks.lunch": _l("The desk's own break, when desks have lunch one after another. Leave it empty when it rests with the hall."),
    "days": _l("A date as 2026-11-24. Without hours the hall is closed on that day."),
    "keep_overnight": _l("Their tickets keep their numbers and come first. Otherwise they are closed, with the time marked as inaccurate."),
    "tokens_before_min": _l("0: not before the opening. Waiting counts from the opening, so nobody gains by coming at night."),
    "called_colour": _l("A called number also blinks."),
    "free_text": _l("At most 16 letters. Leave it empty to keep the display dark."),
    "cohort": _l("The screen at the door shows which numbers may come in. 0: everybody may."),
}

_MODES: Words = {
    "walk-in": _l("Without an appointment"),
    "mixed": _l("With or without an appointment"),
    "appointment-only": _l("By appointment only"),
}
_COLOURS: Words = {
    "green": _l("green"),
    "red": _l("red"),
    "amber": _l("amber"),
    "white": _l("white"),
    "blue": _l("blue"),
}
CHOICES: Mapping[str, Words] = {
    "mode": _MODES,
    "called_colour": _COLOURS,
    "serving_colour": _COLOURS,
    "text_colour": _COLOURS,
    "next_mode": _MODES,
    "icon": {
        "id-card": _l("ID card"),
        "passport": _l("Passport"),
        "birth": _l("Birth"),
        "ready": _l("Ready document"),
        "address": _l("Address"),
        "statement": _l("Statement"),
        "benefits": _l("Benefits"),
        "foreigners": _l("Foreign citizens"),
        "car": _l("Car"),
        "family": _l("Family"),
        "land": _l("Land"),
        "generic": _l("Other"),
    },
}

PROBLEMS: Words = {
    "missing": _l("This is missing"),
    "unknown-key": _l("There is no such setting"),
    "id": _l("“%(given)s” is no id: 1 to 32 small Latin letters, digits and hyphens are"),
    "letter": _l("“%(given)s” is no letter for tickets: A to Z are, or two of them"),
    "block-letter": _l("“%(given)s” is no letter: A to Z are"),
    "same-code": _l("Two of these have the same short id"),
    "time": _l("“%(given)s” is no time: 00:00 to 24:00 are"),
    "day": _l("“%(given)s” is no date such as 2026-12-31"),
    "https": _l("“%(given)s” is no address that begins with https://"),
    "time-zone": _l("“%(given)s” is no time zone such as Asia/Bishkek"),
    "end-first": _l("The end must be after the start"),
    "overlap": _l("The spans must follow one another without overlapping"),
    "choice": _l("“%(given)s” is none of these: %(limit)s"),
    "whole-number": _l("“%(given)s” is no whole number"),
    "least": _l("%(given)s is too little: at least %(limit)s"),
    "most": _l("%(given)s is too much: at most %(limit)s"),
    "empty": _l("This must not be empty"),
    "too-long": _l("This is too long: at most %(limit)s characters"),
    "too-few": _l("These are too few: at least %(limit)s"),
    "too-many": _l("These are too many: at most %(limit)s"),
    "yes-no": _l("This must be true or false"),
    "text": _l("This must be a text"),
    "shape": _l("This is not written as it should be"),
    "other": _l("This is wrong: %(limit)s"),
    "toml": _l("The text is no valid TOML: %(given)s"),
    "repeated": _l("“%(given)s” stands here twice"),
    "no-desk": _l("There is no desk “%(given)s”"),
    "no-zone": _l("There is no zone “%(given)s”"),
    "no-service": _l("There is no service “%(given)s”"),
    "no-category": _l("There is no right to priority “%(given)s”"),
    "own-parent": _l("A service cannot be in its own group"),
    "group-letter": _l("A group takes no letter: leave it empty"),
    "no-letter": _l("A service needs a letter for its tickets: A to Z, or two of them"),
    "same-letter": _l("The letter %(given)s is used by several services: each needs its own"),
    "serves-nothing": _l("This desk serves nothing: choose at least one service"),
    "is-group": _l("“%(given)s” is a group: choose the services in it"),
    "is-visit": _l("“%(given)s” is a visit of several services: choose its steps"),
    "group-steps": _l("A group has no steps"),
    "step-twice": _l("The step “%(given)s” stands here twice"),
    "quiet-first": _l("The first step “%(given)s” is called without announcement: nobody would come"),
    "letter-printed": _l("The letter %(given)s stands on printed emergency slips"),
    "letter-service": _l("The letter %(given)s belongs to a service"),
    "no-name": _l("There is no name in: %(given)s"),
    "no-slots": _l("Visitors come by appointment only, but there are no appointments: say how often they begin"),
    "half-mode": _l("How visitors come later, and from which day on: both are needed, or none"),
    "exempt-only": _l("It is open without an appointment on every day and cannot be by appointment only"),
    "group-slots": _l("A group takes no appointments: leave it empty"),
    "no-proof": _l("There is no proof in: %(given)s"),
    "no-reason": _l("There is no text for visitors in: %(given)s"),
    "cohort-without-tokens": _l("Numbers at the door need tickets before the opening"),
    "lunch-all-day": _l("This lunch leaves the desk no hours"),
    "desk-busy": _l("It cannot be removed while ticket %(given)s is there"),
    "service-used": _l("It cannot be removed or made a group while its tickets are open"),
    "desk-awaited": _l("It cannot be removed while visitors wait for this desk alone"),
    "devices-stay": _l("Devices in the text are not changed here"),
    "closed-now": _l("The hall will be closed at once. Visitors waiting now: %(given)s"),
    "booked-closed": _l("Appointments that would be outside the opening hours: %(given)s. The hall page then lists whom to tell"),
    "mode-waiting": _l("Visitors are waiting for this service now: %(given)s"),
    "letter-issued": _l("Tickets that are already issued keep their letter"),
    "desk-open": _l("This desk is open now"),
    "centre-id": _l("This id stands in the journal and at the national server: change it only when told to"),
    "zone-later": _l("The time zone holds from the next day on"),
    "taken-id": _l("The broker has a user of this name “%(given)s”: choose another"),
    "family-kind": _l("Only a button can be of another maker's family"),
    "address": _l("This is no address of that family: it must be such as %(limit)s"),
    "same-address": _l("The device %(given)s has this address already"),
    "device-desk": _l("The device %(given)s belongs to this desk and will be without one"),
    "device-zone": _l("The device %(given)s belongs to this zone and will be without one"),
    "board-small": _l("Numbers on this board can be read from %(limit)s m only: a larger screen is needed, or a smaller distance"),
    "board-full": _l("Desks of this zone: %(given)s. Its boards show at most so many calls at once: %(limit)s"),
    "wall-changes": _l("The rule on the wall will no longer be true: print it anew and hang it up"),
    "wall-rounded": _l("The rule on the wall can give a head start only roughly: a multiple of 3 seconds can be said exactly"),
    "no-desk-serves": _l("No desk serves this: visitors would not be called"),
}
_GIVEN_NOTHING = frozenset({"id", "letter", "time", "day", "https", "time-zone", "whole-number", "choice"})


def sentence(problem: Problem) -> str:
    """Return a problem or warning in the page's language."""
    code = "empty" if problem.code in _GIVEN_NOTHING and not problem.values.get("given") else problem.code
    template = PROBLEMS.get(code)
    if template is None:
        return str(problem)
    values = problem.values
    if problem.code in ("no-name", "no-proof", "no-reason"):
        values = {"given": ", ".join(OWN_NAMES.get(lang, lang) for lang in values["given"].split(", "))}
    return str(template) % {"given": "", "limit": "", **values} if "%(" in str(template) else str(template)


def crumbs(section: str, path: Sequence[str]) -> list[str]:
    """Return the way to a field below its section or entry, from the outside in."""
    match (section, *path):
        case (_, "hours", day, *_) if day in WEEKDAYS:
            return [weekday(day)]
        case ("ordering", "weights", name, *rest):
            return [str(word(FIELDS, f"weights.{name}")), *(str(word(FIELDS, each)) for each in rest)]
        case ("calendar", "days", number, *rest):
            which = [str(int(number) + 1)] if number.isdigit() else [number]
            return [str(FIELDS["days"]), *which, *(str(word(FIELDS, f"days.{each}")) for each in rest[:1])]
        case (_, name) if name == IDS.get(section):
            return [str(FIELDS["id"])]
        case (_, name, *rest):
            return [str(word(FIELDS, name)), *(OWN_NAMES[each] for each in rest if each in OWN_NAMES)]
        case _:
            return []


def weekday(name: str) -> str:
    """Return a weekday as the page's language writes it at the head of a line."""
    locale = get_locale()
    days = locale.days["stand-alone"]["wide"] if locale else {}
    text = str(days.get(WEEKDAYS.index(name), name))
    return text[:1].upper() + text[1:]
