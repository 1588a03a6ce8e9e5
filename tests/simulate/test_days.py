"""A short version of the long run (`bash tests/long.sh simulate`): the same days, rules and gates, fewer of them."""

import json
from pathlib import Path

import pytest
from click.testing import CliRunner

from edge.cli import cli
from edge.simulate import gates, report
from edge.simulate.crowd import drawn
from edge.simulate.figures import Figures
from edge.simulate.jobs import measured, planned, results
from edge.simulate.run import Job
from edge.simulate.scenarios import RULES, SCENARIOS

SEED = "2026"


def job(scenario: str, rule: str = "ours", days: int = 1) -> Job:
    return planned([scenario], [rule], SEED, days=days)[0]


@pytest.fixture(scope="module")
def normal() -> Figures:
    """Eight ordinary days."""
    figures: Figures = measured(job("normal", days=8))["figures"]
    return figures


def test_the_promised_intervals_hold_in_about_four_of_five_cases(normal: Figures, capsys: pytest.CaptureFixture[str]) -> None:
    cells = [cell for cell in normal["cells"] if cell["n"] >= 200]
    number = sum(cell["n"] for cell in cells)
    covered = sum(cell["n"] * cell["covered"] for cell in cells) / number
    late = sum(cell["n"] * cell["late"] for cell in cells) / number
    with capsys.disabled():
        print(f"\n8 days, seed {SEED}: {number} calls in {len(cells)} cells, {covered:.1%} covered, {late:.1%} late")
    assert number > 1000
    assert 0.70 <= covered <= 0.90  # eight days begin with nothing learned; the long run judges 75 to 85 % cell by cell
    assert late <= 0.16


def test_what_is_said_is_wider_than_what_is_promised(normal: Figures) -> None:
    for cell in normal["cells"]:
        assert cell["said_late"] <= cell["late"] + 0.02, cell


def test_the_same_seed_is_the_same_day_to_the_last_word_of_the_journal() -> None:
    assert measured(job("lunch"))["figures"] == measured(job("lunch"))["figures"]


@pytest.mark.parametrize("scenario", ["two-desks-lost", "restart", "no-show-30"])
def test_nobody_is_lost_whatever_happens(scenario: str) -> None:
    found = measured(job(scenario))["figures"]
    assert found["unserved"] == 0
    assert found["served"] + found["refused"] + found["released"] == found["came"]


def test_with_the_default_cut_off_a_day_of_too_many_ends_in_time() -> None:
    found = measured(job("overload", days=3))["figures"]
    assert found["refused"] > 0
    assert found["overrun_days"] <= 1 / 3


def test_every_rule_meets_the_same_people() -> None:
    scenario = SCENARIOS[0]
    assert drawn(scenario, "a", 3, 10) == drawn(scenario, "a", 3, 10) != drawn(scenario, "a", 4, 10)


def test_what_was_measured_is_taken_from_the_folder_the_next_time(tmp_path: Path) -> None:
    done: list[int] = []
    first = list(results([job("lunch", days=1)], tmp_path, 1, done.append))
    known = json.loads((tmp_path / "lunch.ours.json").read_text(encoding="utf-8"))
    (tmp_path / "lunch.ours.json").write_text(json.dumps({**known, "seconds": -1}), encoding="utf-8")
    assert [result["seconds"] for result in results([job("lunch", days=1)], tmp_path, 1, done.append)] == [-1]
    assert first[0]["figures"] == known["figures"]
    assert next(iter(results([job("lunch", days=2)], tmp_path, 1, done.append)))["days"] == 2


def test_a_gate_fails_by_its_own_figure_and_small_cells_are_not_judged() -> None:
    def cell(n: int, covered: float, late: float) -> Figures:
        return {"kind": "order", "bin": "5-10", "n": n, "covered": covered, "late": late}

    cells = [cell(1000, 0.80, 0.10), cell(1000, 0.86, 0.05), cell(1000, 0.80, 0.13), cell(999, 0.2, 0.7)]
    assert [gate.holds for gate in gates.judged({"normal.ours": {"cells": cells}})] == [True, False, False]


def test_the_command_prints_the_figures_and_writes_a_page_that_loads_nothing(tmp_path: Path) -> None:
    found = CliRunner().invoke(cli, ["simulate", "--scenario", "lunch", "--rule", "ours", "--rule", "strict", "--days", "1", "--out", str(tmp_path)])
    assert found.exit_code in (0, 1), found.output
    assert "lunch" in found.output
    page = (tmp_path / "simulate.html").read_text(encoding="utf-8")
    assert "<svg" in page
    assert not any(word in page for word in ("http://", "https://", "url(", "<script", "<link", "src="))
    written = json.loads((tmp_path / "simulate.json").read_text(encoding="utf-8"))
    assert [run["job"] for run in written["runs"]] == ["lunch.ours", "lunch.strict"]


def test_an_unknown_scenario_is_refused_with_those_that_there_are() -> None:
    found = CliRunner().invoke(cli, ["simulate", "--scenario", "snow"])
    assert found.exit_code == 2
    assert "normal, opening-burst" in found.output


def test_the_page_has_the_colours_of_the_screens() -> None:
    assert "--accent: #0b5156" in report._tokens()
    assert report._tokens().count("--paper") == 2
    assert [rule.name for rule in RULES] == ["ours", "first-come", "strict"]
