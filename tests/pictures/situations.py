"""What a hall may be in when a picture is taken. Each function arranges one situation on a fresh centre whose desks are open and free."""

from edge.queueing import commands as c
from tests.pictures.stage import Stage


def empty(_: Stage) -> None:
    """Nobody is there."""


def normal(stage: Stage) -> None:
    """A quiet morning: some wait, two are called, one is served."""
    stage.crowd(14)
    stage.act(c.CallNext("1"), c.CallNext("2"), c.Start("2"), c.CallNext("6"))
