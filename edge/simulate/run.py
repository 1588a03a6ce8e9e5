"""Days after days of one scenario under one rule. The hall goes on from day to day: what it learned yesterday it knows today."""

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from edge.simulate.crowd import drawn
from edge.simulate.day import Centre, Imagined
from edge.simulate.record import DayRecord
from edge.simulate.scenarios import Rule, Scenario, settings


@dataclass(frozen=True, slots=True)
class Job:
    """``days``: how many; the same seed gives the same people whatever the rule."""

    scenario: Scenario
    rule: Rule
    seed: str
    days: int

    @property
    def name(self) -> str:
        """Return what files and tables call it."""
        return f"{self.scenario.name}.{self.rule.name}"


def days_of(job: Job) -> Iterator[DayRecord]:
    """Live through the days of a job, one after the other."""
    centre = Centre(job.scenario, job.rule, settings(job.scenario, job.rule))
    for number in range(job.days):
        crowd = drawn(job.scenario, f"{job.seed}:{job.scenario.name}", number, job.days)
        yield Imagined(centre, crowd, number).run()


def lived(job: Job, after_day: Callable[[], None] = lambda: None) -> tuple[list[DayRecord], float]:
    """Return the records of all days, and the seconds that it took."""
    began = time.perf_counter()
    records = []
    for record in days_of(job):
        records.append(record)
        after_day()
    return records, time.perf_counter() - began
