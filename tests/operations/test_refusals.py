"""A document with faults of every kind is refused as one list of sentences, and the settings in force stay as they are (acceptance 6)."""

from pathlib import Path

import pytest

from edge import setup
from edge.errors import ConfigError
from edge.operations import document, proposal, settings
from edge.queueing.opening import setting_problems
from tests.operations.box import Box

DESK = 'desk = "1"\nzone = "a"\nservices = ["passport", "travel-passport", "birth", "ready"]'
PROOF = """
proof = { ky = "Ардагердин күбөлүгү", ru = "Удостоверение ветерана", kk = "Ардагер куәлігі", en = "Veteran's certificate" }"""
FAULTS = (
    ('mon = [["09:00", "18:00"]]', 'mon = [["09:00", "13:00"], ["12:00", "18:00"]]', "calendar.hours.mon"),
    ('tue = [["09:00", "18:00"]]', 'tue = [["nine", "18:00"]]', "'nine': must be a time from 00:00 to 24:00"),
    ('wed = [["09:00", "18:00"]]', 'wed = [["18:00", "09:00"]]', "the end must be after the start"),
    ('day = "2027-01-01"', 'day = "2027-02-30"', "'2027-02-30': must be a date such as"),
    (DESK, 'desk = "1"\nzone = "a"\nservices = []', "desk 1: serves no service"),
    (PROOF, "", "categories[0].proof: is missing"),
)


def wrong() -> str:
    text = setup.sample("centre.toml")
    for old, new, _ in FAULTS:
        assert old in text, old
        text = text.replace(old, new, 1)
    return text


def test_every_fault_of_a_document_is_in_one_list() -> None:
    with pytest.raises(ConfigError) as refused:
        document.read(wrong())
    for _, _, said in FAULTS:
        assert any(said in problem for problem in refused.value.problems), (said, refused.value.problems)
    assert len(refused.value.problems) == len(FAULTS)


def test_no_centre_is_made_from_it(tmp_path: Path) -> None:
    with pytest.raises(ConfigError) as refused:
        setup.init(tmp_path / "new", wrong())
    assert len(refused.value.problems) == len(FAULTS)
    assert not (tmp_path / "new" / "edge.db").exists()


def test_a_proposal_with_it_changes_nothing(fresh: Box) -> None:
    settings.put_in_force(fresh.ctx, document.read(setup.sample("centre.toml")), actor="system")
    before, lines = proposal.in_force(fresh.ctx).digest, fresh.types()
    proposed = proposal.of_text(fresh.ctx, wrong())
    assert proposed.document is None
    assert len(proposed.problems) == len(FAULTS)
    assert all(placed.line for placed in proposed.problems), [str(placed.problem) for placed in proposed.problems if not placed.line]
    assert (proposal.in_force(fresh.ctx).digest, fresh.types()) == (before, lines)


def test_what_points_at_a_faulty_section_is_not_blamed_for_it() -> None:
    text = setup.sample("centre.toml").replace('zone = "a"\nviewing_distance_m = 5', 'zone = "a"\nviewing_distance_m = 500', 1)
    _, problems = document.examined(text)
    assert [problem.code for problem in problems] == ["most"]


def test_a_category_without_its_texts_in_a_language_of_the_centre_is_refused(fresh: Box) -> None:
    """The document fills kk and en in from ru; a journal or a feed may bring less."""
    fresh.make()
    category = {"code": "veteran", "weight": 3000, "head": 600, "proof_first": False, "names": {"ky": "x", "ru": "x"}, "proof": {"ru": "x"}}
    said = [str(problem) for problem in setting_problems(fresh.hall, {"categories": [category]})]
    assert "category veteran: has no name in kk, en" in said
    assert "category veteran: has no proof in ky, kk, en" in said


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("cohort = 0", "cohort = 40", "cohort needs tokens_before_min"),
        ('day = "2027-01-07"', 'day = "2027-01-01"', "'2027-01-01' appears twice"),
        ('desk = "2"\n', 'desk = "2"\nlunch = [["09:00", "18:00"]]\n', "desk 2: its lunch leaves it no hours"),
    ],
)
def test_contradictions_of_the_working_day_are_refused(fresh: Box, old: str, new: str, said: str) -> None:
    settings.put_in_force(fresh.ctx, document.read(setup.sample("centre.toml")), actor="system")
    text = setup.sample("centre.toml")
    assert old in text
    proposed = proposal.of_text(fresh.ctx, text.replace(old, new, 1))
    assert any(said in str(placed.problem) for placed in proposed.problems), [str(placed.problem) for placed in proposed.problems]
