"""Settings: what must hold between them, and that a change is all or nothing."""

from typing import Any

import pytest

from edge.errors import ConfigError
from edge.queueing import commands as c
from edge.queueing.desk import Desk, DeskState
from edge.queueing.policy import Policy, problems, with_setting
from tests.queueing import centre
from tests.queueing.scene import Scene

NAMES = centre.named("x")


def policy(**changed: Any) -> Policy:
    built = Policy()
    for key, value in {**centre.settings(), **changed}.items():
        built = with_setting(built, key, value)
    return built


def test_the_settings_of_these_tests_have_no_problem() -> None:
    assert problems(policy()) == []
    for key, variants in centre.VARIANTS.items():
        for value in variants:
            assert [found for found in problems(policy(**{key: value})) if key in found] == []


@pytest.mark.parametrize(
    ("changed", "found"),
    [
        ({"services": [centre.service("passport", "A", parent="nothing")]}, "service passport: parent 'nothing' is not a service"),
        (
            {"services": [centre.service("a", None, parent="b"), centre.service("b", None, parent="a")]},
            "service a: is its own parent, directly or through others",
        ),
        ({"services": [centre.service("g", "G"), centre.service("x", "A", parent="g")]}, "service g: is a group and takes no letter, but has 'G'"),
        ({"services": [centre.service("passport", None)]}, "service passport: needs a letter A to Z, or AA to ZZ"),
        (
            {"services": [centre.service("x", "A"), centre.service("y", "A")]},
            "service x: letter A is used by 2 services; each needs its own",
        ),
        ({"zones": []}, "desk 1: zone 'a' is not a zone"),
        ({"desks": [centre.desk("1", [])]}, "desk 1: serves no service"),
        ({"desks": [centre.desk("1", ["nothing"])]}, "desk 1: service 'nothing' is not a service"),
        ({"desks": [centre.desk("1", ["documents"])]}, "desk 1: 'documents' is a group; list the services in it"),
        ({"desks": [centre.desk("1", ["birth"], reserved=["king"])]}, "desk 1: reserved category 'king' is not a category"),
        ({"categories": [{**centre.category("veteran"), "names": {"ky": "x"}}]}, "category veteran: has no name in ru, kk, en"),
    ],
)
def test_a_contradiction_between_settings_is_one_plain_sentence(changed: dict[str, Any], found: str) -> None:
    assert found in problems(policy(**changed))


def test_every_problem_is_listed_at_once_and_nothing_is_put_in_force() -> None:
    scene = Scene()
    before = (scene.hall, list(scene.facts))
    with pytest.raises(ConfigError) as caught:
        scene.do(c.ChangeSettings({"desks": [centre.desk("1", ["nothing"]), centre.desk("2", [])], "ordering": {"cap": 9}}))
    assert len(caught.value.problems) == 2
    assert (scene.hall, scene.facts) == before


def test_a_desk_cannot_be_removed_while_a_ticket_is_there() -> None:
    scene = Scene()
    scene.issue()
    scene.next("1")
    with pytest.raises(ConfigError, match="desk 1: cannot be removed while ticket A001 is there"):
        scene.change("desks", centre.DESKS[1:])


def test_a_desk_cannot_be_removed_while_tickets_wait_for_it_alone() -> None:
    scene = Scene()
    scene.issue()
    scene.next("1")
    scene.do(c.Transfer("1", to_desk="5"))
    with pytest.raises(ConfigError, match="desk 5: cannot be removed while tickets wait for it alone"):
        scene.change("desks", centre.DESKS[:-1])


@pytest.mark.parametrize(
    "services",
    [
        [centre.service("passport", "A"), centre.service("address", "M"), centre.service("visa", "T")],
        [*centre.SERVICES[1:2], *centre.SERVICES[3:], centre.service("birth", None), centre.service("twins", "E", parent="birth")],
    ],
    ids=["removed", "made a group"],
)
def test_a_service_with_open_tickets_stays_what_it_is(services: list[dict[str, Any]]) -> None:
    scene = Scene()
    scene.issue("birth")
    with pytest.raises(ConfigError, match="service birth: cannot be removed or made a group while its tickets are open"):
        scene.change("services", [{**entry, "parent": entry["parent"] if entry["parent"] == "birth" else None} for entry in services])


def test_a_desk_that_was_removed_and_comes_back_begins_closed_and_without_a_past_also_in_the_tables() -> None:
    scene = Scene()
    scene.set_desk("5", run=2)
    scene.change("desks", centre.DESKS[:-1])
    assert "5" not in scene.hall.desks
    turn = scene.turn(c.ChangeSettings({"desks": centre.DESKS}))
    assert scene.hall.desks["5"] == Desk("5", DeskState.CLOSED)
    assert Desk("5") in turn.changed


def test_desks_that_stay_keep_their_state() -> None:
    scene = Scene()
    ticket = scene.issue()
    scene.next("1")
    scene.change("desks", [centre.desk("1", ["birth"]), centre.desk("7", ["passport"])])
    assert (scene.hall.desks["1"].ticket, list(scene.hall.desks)) == (ticket, ["1", "7"])


def test_a_setting_of_a_later_version_is_kept_in_the_journal_and_ignored_here() -> None:
    assert with_setting(policy(), "slots", [{"x": 1}]) == policy()


def test_settings_that_are_left_out_have_the_contracts_values() -> None:
    assert policy(ordering={}).ordering == Policy().ordering
    plan = policy(desks=[{"desk": "1", "zone": "a", "services": ["birth"]}]).desks["1"]
    assert (plan.reserved, plan.overflow_after, plan.guard_ms) == (frozenset(), 0, 1500)
