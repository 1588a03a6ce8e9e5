"""Running many jobs, one process each, resumable: what was measured lies in a folder and is taken from there the next time."""

import json
from collections.abc import Callable, Iterable, Iterator, Sequence
from multiprocessing import get_context
from pathlib import Path
from typing import Any

from edge.simulate import figures
from edge.simulate.run import Job, lived
from edge.simulate.scenarios import RULES, SCENARIOS

Result = dict[str, Any]


def planned(scenarios: Sequence[str], rules: Sequence[str], seed: str, *, shorter: int = 1, days: int | None = None) -> list[Job]:
    """Return the jobs, the longest first. ``shorter``: divides the days of each scenario; ``days``: the same number for all."""
    jobs = [
        Job(scenario, rule, seed, days or max(2, scenario.days // shorter))
        for scenario in SCENARIOS
        if scenario.name in scenarios
        for rule in RULES
        if rule.name in rules
    ]
    return sorted(jobs, key=lambda job: -job.days * job.scenario.size)


def results(jobs: Iterable[Job], folder: Path | None, processes: int, day_done: Callable[[int], None]) -> Iterator[Result]:
    """Yield the result of each job as it is ready. ``day_done`` gets the number of days that were done meanwhile."""
    todo = []
    for job in jobs:
        known = _known(job, folder)
        if known:
            day_done(job.days)
            yield known
        else:
            todo.append(job)
    if processes == 1:
        for job in todo:
            yield _kept(measured(job, lambda: day_done(1)), folder)
        return
    with get_context("spawn").Pool(processes) as pool:
        for result in pool.imap_unordered(measured, todo):
            day_done(result["days"])
            yield _kept(result, folder)


def measured(job: Job, after_day: Callable[[], None] = lambda: None) -> Result:
    """Live through a job and return what it gave, as JSON values."""
    records, seconds = lived(job, after_day)
    return {
        "job": job.name,
        "scenario": job.scenario.name,
        "rule": job.rule.name,
        "seed": job.seed,
        "days": job.days,
        "seconds": round(seconds, 1),
        "figures": figures.of_days(records),
    }


def _file(name: str, folder: Path) -> Path:
    return folder / f"{name}.json"


def _known(job: Job, folder: Path | None) -> Result | None:
    if folder is None or not _file(job.name, folder).exists():
        return None
    found: Result = json.loads(_file(job.name, folder).read_text(encoding="utf-8"))
    return found if (found["seed"], found["days"]) == (job.seed, job.days) else None


def _kept(result: Result, folder: Path | None) -> Result:
    if folder is not None:
        folder.mkdir(parents=True, exist_ok=True)
        fresh = _file(result["job"], folder).with_suffix(".new")
        fresh.write_text(json.dumps(result, indent=1), encoding="utf-8")
        fresh.replace(_file(result["job"], folder))
    return result
