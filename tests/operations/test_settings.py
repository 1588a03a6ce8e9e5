"""The one document: proposed, judged, put in force whole or not at all, found again in the history, taken back."""

from typing import Any

import pytest

from edge.errors import ConfigError, Unknown
from edge.operations import document, proposal, settings, settings_history
from edge.operations.changes import Change, What, between
from edge.operations.toml_text import text_of
from edge.store import settings as stored
from tests.operations.box import Box, once
from tests.queueing import centre

ASEL = "staff:asel"
PHOTO = """
[[services]]
code = "photo"
letter = "P"
names = { ky = "сүрөт", ru = "фото" }
"""


def text(box: Box) -> str:
    return text_of(proposal.in_force(box.ctx).document)


def put(box: Box, wanted: str, *, base: str | None = None, **more: Any) -> str | None:
    """Put a text in force that is expected to be right."""
    proposed = proposal.of_text(box.ctx, wanted)
    assert proposed.document is not None, proposed.problems
    return settings.change(box.ctx, proposed.document, base=base or proposed.base, actor=ASEL, **more)


def edited(box: Box, old: str, new: str) -> str:
    before = text(box)
    assert old in before
    return before.replace(old, new, 1)


def problems(box: Box, wanted: str) -> list[tuple[str, int | None]]:
    return [(str(placed.problem), placed.line) for placed in proposal.of_text(box.ctx, wanted).problems]


def test_the_document_in_force_is_the_one_that_was_put_in_force(box: Box) -> None:
    assert proposal.in_force(box.ctx).document.settings() == document.judged(centre.settings())[0].settings()  # type: ignore[union-attr]


def test_settings_in_force_proposed_again_change_nothing_and_make_no_event(box: Box) -> None:
    before = box.types()
    assert proposal.of_text(box.ctx, text(box)).changes == ()
    assert put(box, text(box)) is None
    assert box.types() == before


def test_only_what_changed_is_journalled_and_one_decision_is_one_entry(box: Box) -> None:
    wanted = edited(box, "cap = 3", "cap = 2").replace('letter = "K"', 'letter = "KA"')
    first = put(box, wanted)
    entry = settings_history.page(box.ctx).entries[0]
    assert (entry.id, entry.actor, set(entry.values)) == (first, ASEL, {"services", "ordering"})
    assert entry.changes == [
        Change("services", "birth", What.CHANGED, ("letter",), "K", "KA"),
        Change("ordering", None, What.CHANGED, ("cap",), 3, 2),
    ]
    assert box.hall.policy.ordering.cap == 2
    assert box.verify().clean


def test_wrong_settings_are_all_named_with_their_lines_and_none_is_in_force(box: Box) -> None:
    wanted = edited(box, 'letter = "K"', 'letter = "Ж"').replace("cap = 3", "cap = 0").replace('mode = "mixed"', 'mode = "sometimes"')
    lines = wanted.splitlines()
    found = problems(box, wanted)
    assert [(sentence.split(": ", 1)[1], lines[line - 1]) for sentence, line in found if line] == [
        ("must be a letter A to Z, or AA to ZZ", 'letter = "Ж"'),
        ("must be one of walk-in, mixed, appointment-only", 'mode = "sometimes"'),
        ("must be at least 1", "cap = 0"),
    ]
    assert box.hall.policy.ordering.cap == 3


@pytest.mark.parametrize(
    ("old", "new", "sentence", "line"),
    [
        ("cap = 3", "cap = ", "not valid TOML", "cap = "),
        ('zone = "a"\nnames', 'zone = "a"\nnamen', "zones[0].names: is missing", "[[zones]]"),
        ('letter = "A"', 'letter = "K"', "service passport: letter K is used by 2 services; each needs its own", 'letter = "K"'),
        ('desk = "2"', 'desk = "1"', "desks: '1' appears twice", 'desk = "1"'),
        ('"passport", "birth"]', '"nothing"]', "desk 1: service 'nothing' is not a service", 'services = ["nothing"]'),
        ('mon = [["00:00", "24:00"]]', 'mon = [["10:00", "09:00"]]', "the end must be after the start", 'mon = [["10:00", "09:00"]]'),
        ('mon = [["00:00"', 'mon = [["08:00", "12:00"], ["11:00"', "must not begin before the one before it has ended", "mon = "),
        ("cap = 3", "cap = 3\nhat = 4", "ordering.hat: unknown key", "hat = 4"),
    ],
)
def test_a_problem_is_one_sentence_and_points_at_its_line(box: Box, old: str, new: str, sentence: str, line: str) -> None:
    wanted = edited(box, old, new)
    found = [(said, at) for said, at in problems(box, wanted) if sentence in said]
    assert found
    at = found[0][1]
    assert at is not None
    assert wanted.splitlines()[at - 1].startswith(line)


def test_a_service_that_people_wait_for_cannot_go_and_says_so_before_it_is_tried(box: Box) -> None:
    box.issue("address")
    values = centre.settings()
    kept = {
        "services": [entry for entry in values["services"] if entry["code"] != "address"],
        "desks": [{**entry, "services": [code for code in entry["services"] if code != "address"] or ["birth"]} for entry in values["desks"]],
    }
    wanted, _ = document.judged({**values, **kept})
    assert wanted is not None
    base = proposal.in_force(box.ctx).digest
    assert [p.problem.code for p in proposal.of_text(box.ctx, text_of(wanted)).problems] == ["service-used"]
    with pytest.raises(ConfigError):
        settings.change(box.ctx, wanted, base=base, actor=ASEL)


def test_what_may_surprise_is_said_and_not_forbidden(box: Box) -> None:
    box.issue("address")
    wanted = (
        edited(box, 'mode = "mixed"', 'mode = "appointment-only"')
        .replace('mon = [["00:00", "24:00"]]', "mon = []")
        .replace('\n[[desks]]\ndesk = "1"\nzone = "a"\nservices = ["passport", "birth"]\n', "")
    )
    warnings = {warning.code: warning for warning in proposal.of_text(box.ctx, wanted).warnings}
    assert set(warnings) == {"mode-waiting", "closed-now", "desk-open", "device-desk"}
    assert warnings["mode-waiting"].values["given"] == "1"
    assert warnings["device-desk"].where == ("desks", "1")
    assert put(box, wanted)


def test_devices_in_the_text_are_left_alone_and_said_to_be(box: Box) -> None:
    wanted = text(box) + '\n[[devices]]\ndevice = "board-9"\nkind = "board"\nzone = "a"\n'
    found = proposal.of_text(box.ctx, wanted.replace("cap = 3", "cap = 4"))
    assert [warning.code for warning in found.warnings] == ["devices-stay"]
    put(box, wanted.replace("cap = 3", "cap = 4"))
    assert "board-9" not in box.hall.devices


def test_who_has_not_seen_the_settings_in_force_overwrites_nothing(box: Box) -> None:
    base = proposal.in_force(box.ctx).digest
    mine = edited(box, "cap = 3", "cap = 5")
    put(box, edited(box, "late = 1800", "late = 900"))
    with pytest.raises(settings.ChangedMeanwhile):
        put(box, mine, base=base)
    assert (box.hall.policy.ordering.cap, box.hall.policy.ordering.late) == (3, 900)


def test_a_form_sent_twice_is_one_decision(box: Box) -> None:
    base = proposal.in_force(box.ctx).digest
    key = once("settings-key", scope="screen:settings")
    wanted = edited(box, "cap = 3", "cap = 5")
    first = put(box, wanted, base=base, once=key)
    before = box.types()
    assert put(box, wanted, base=base, once=key) == first
    assert box.types() == before


def test_a_refused_change_uses_no_key_up(box: Box) -> None:
    key = once("settings-key", scope="screen:settings")
    with pytest.raises(settings.ChangedMeanwhile):
        put(box, edited(box, "cap = 3", "cap = 5"), base="old", once=key)
    assert put(box, edited(box, "cap = 3", "cap = 5"), once=key)


def test_taking_a_change_back_is_an_ordinary_change_with_its_own_entry(box: Box) -> None:
    before = proposal.in_force(box.ctx).document.settings()
    changed = put(box, edited(box, "cap = 3", "cap = 5"))
    assert changed
    box.pass_by(10)
    back = settings_history.before(box.ctx, changed)
    assert back.changes == (Change("ordering", None, What.CHANGED, ("cap",), 5, 3),)
    assert put(box, back.text)
    assert proposal.in_force(box.ctx).document.settings() == before
    entries = settings_history.page(box.ctx).entries
    assert [[(change.before, change.after) for change in entry.changes] for entry in entries[:2]] == [[(5, 3)], [(3, 5)]]
    again = settings_history.as_of(box.ctx, changed)
    assert [(change.before, change.after) for change in again.changes] == [(3, 5)]


def test_taking_back_shows_what_others_changed_since_and_what_cannot_go_any_more(box: Box) -> None:
    added = put(box, edited(box, 'services = ["passport", "birth"]', 'services = ["passport", "birth", "photo"]') + PHOTO)
    assert added
    box.pass_by(1)
    put(box, edited(box, "cap = 3", "cap = 4"))
    sections = [change.section for change in settings_history.before(box.ctx, added).changes]
    assert sections == ["services", "desks", "ordering"]
    box.issue("photo")
    back = settings_history.before(box.ctx, added)
    assert (back.document, [placed.problem.code for placed in back.problems]) == (None, ["service-used"])


def test_notices_and_emergencies_stand_in_the_history_and_are_no_part_of_the_document(box: Box) -> None:
    before = proposal.in_force(box.ctx).digest
    settings.put_key_in_force(box.ctx, "notices", {"a": centre.named("soup")}, actor="staff:sabina")
    box.pass_by(1)
    settings.put_key_in_force(box.ctx, "emergency", {"text": centre.named("fire"), "reason": "smoke"}, actor="staff:sabina")
    entries = settings_history.page(box.ctx).entries
    assert [(list(entry.values), entry.operating) for entry in entries[:2]] == [(["emergency"], True), (["notices"], True)]
    assert not entries[-1].operating
    assert proposal.in_force(box.ctx).digest == before
    last = settings_history.last_change(box.ctx)
    assert last is not None
    assert last.first


def test_the_history_comes_in_pages_without_a_gap_or_a_repeat(box: Box) -> None:
    for cap in range(4, 20):
        put(box, text(box).replace(f"cap = {box.hall.policy.ordering.cap}", f"cap = {cap}"))
        box.pass_by(1)
    seen: list[Any] = []
    behind: str | None = None
    while True:
        page = settings_history.page(box.ctx, behind=behind, size=3)
        seen += [entry.values.get("ordering", {}).get("cap") for entry in page.entries]
        behind = page.older
        if behind is None:
            break
    assert seen == [*range(19, 3, -1), 3]
    with pytest.raises(Unknown):
        settings_history.page(box.ctx, behind="nonsense")
    for entry in settings_history.page(box.ctx, size=50).entries:
        assert settings_history.entry(box.ctx, entry.id) == entry


def test_the_history_is_found_by_its_index_however_long_the_journal_is(box: Box) -> None:
    connection = box.database.connection()
    for sql in (stored._LINES, stored._BEFORE):
        plan = " ".join(str(row[3]) for row in connection.execute(f"EXPLAIN QUERY PLAN {sql}", (*stored.END, "ordering")[: sql.count("?")]))
        assert "journal_settings" in plan
        assert "TEMP B-TREE" not in plan


@pytest.mark.parametrize(
    ("before", "after", "moved"),
    [("abcd", "bcda", {"a"}), ("abcd", "abdc", {"c"}), ("abcd", "dcba", {"a", "b", "c"}), ("abcd", "abcd", set()), ("abc", "xcab", {"c"})],
)
def test_the_fewest_entries_are_said_to_have_moved(before: str, after: str, moved: set[str]) -> None:
    old, new = ({"zones": [{"zone": id_, "names": {}} for id_ in ids]} for ids in (before, after))
    assert {change.id for change in between(old, new) if change.what is What.MOVED} == moved


def test_the_order_of_a_desks_services_says_nothing() -> None:
    old, new = ({"desks": [centre.desk("1", services)]} for services in (["a", "b"], ["b", "a"]))
    assert between(old, new) == []


def test_a_field_of_a_later_version_is_compared_like_any_other() -> None:
    old, new = ({"hats": {"colour": colour, "brims": {"wide": 1}}} for colour in ("red", "blue"))
    assert between(old, new) == [Change("hats", None, What.CHANGED, ("colour",), "red", "blue")]
