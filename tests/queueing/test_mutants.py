"""The list of mutants names what is there; that each is noticed is the long run's (`tests.queueing.mutants`)."""

import ast

import pytest

from tests.queueing.mutants import MUTANTS, ROOT, Mutant


@pytest.mark.parametrize("mutant", MUTANTS, ids=[mutant.name for mutant in MUTANTS])
def test_each_mutant_changes_one_place_and_is_a_program(mutant: Mutant) -> None:
    source = (ROOT / "edge/queueing" / mutant.file).read_text(encoding="utf-8")
    assert source.count(mutant.old) == 1
    ast.parse(source.replace(mutant.old, mutant.new))
