"""Which of two histories goes on, and from where: every answer of hello, from what both sides have."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge.queueing.chain import GENESIS
from edge.sync.reference.handshake import Action, Answer, Stored, decide, readmitted, tail
from edge.sync.reference.hello import Hello, Place, read
from edge.sync.reference.refusals import Refusal

NODE, OTHER = "a" * 32, "b" * 32
Log = Mapping[int, str]  # epoch → one letter for each line; equal letters at equal places are equal lines


def hash_of(log: Log, epoch: int, seq: int) -> str:
    """Return a hash that says the same only after the same lines, as a chain's does."""
    return f"{epoch:x}{log[epoch][:seq]}".encode().hex().ljust(64, "0")[:64]


def place(log: Log, epoch: int, seq: int) -> Place:
    return Place(epoch, seq, hash_of(log, epoch, seq) if seq else GENESIS)


def box(log: Log, *, acked: int | None = None, parents: Mapping[int, Place] | None = None, **how: Any) -> Hello:
    epoch = max(log, default=0)
    last = len(log.get(epoch, ""))
    steps = {last, 1, *(last - 2**power for power in range(20))}
    return Hello(
        centre="kara-balta",
        node=NODE,
        public_key="",
        protocol=(1, 1),
        head=place(log, epoch, last) if epoch else Place(0, 0, GENESIS),
        rungs={seq: hash_of(log, epoch, seq) for seq in steps if 1 <= seq <= last},
        parents=parents or {},
        acked=None if acked is None else Place(epoch, acked, hash_of(log, epoch, acked)),
        acked_in=None,
        cursor=None,
        is_backup=False,
        **how,
    )


def server(log: Log, *, present: int | None = None, **how: Any) -> Stored:
    def hash_at(epoch: int, seq: int) -> str | None:
        return hash_of(log, epoch, seq) if 1 <= seq <= len(log.get(epoch, "")) else None

    heads = {epoch: place(log, epoch, len(lines)) for epoch, lines in log.items() if lines}
    return Stored(hash_at, present=max(log, default=0) if present is None else present, heads=heads, **how)


def test_a_new_centre_begins_at_its_first_line() -> None:
    assert decide(box({1: "abc"}), server({})) == Answer(Action.RESUME, 1)


def test_an_empty_box_of_a_new_centre_begins_epoch_1() -> None:
    assert decide(box({}), server({})) == Answer(Action.RESUME, 1)


def test_what_both_have_up_to_the_servers_head_is_resumed() -> None:
    assert decide(box({1: "abcde"}, acked=3), server({1: "abc"})) == Answer(Action.RESUME, 1)


def test_a_lost_answer_to_the_last_push_is_made_up_for_by_the_head() -> None:
    assert decide(box({1: "abcde"}, acked=2), server({1: "abcde"})) == Answer(Action.RESUME, 1)


def test_what_no_rung_proves_is_sent_again() -> None:
    mine = "a" * 40
    assert decide(box({1: mine}, acked=20), server({1: mine[:27]})) == Answer(Action.PUSH_FROM, 1, from_seq=25)
    assert decide(box({1: mine}, acked=26), server({1: mine[:27]})) == Answer(Action.PUSH_FROM, 1, from_seq=27)


def test_a_server_behind_its_own_acknowledgement_asks_for_what_it_lost() -> None:
    assert decide(box({1: "abcde"}, acked=5), server({1: "abcd"})) == Answer(Action.PUSH_FROM, 1, from_seq=5)
    assert decide(box({1: "abcde"}, acked=5), server({})) == Answer(Action.PUSH_FROM, 1, from_seq=1)


def test_a_server_that_lost_epochs_gets_the_older_ones_first() -> None:
    mine = {1: "abc", 2: "de"}
    parents = {2: place(mine, 1, 3)}
    assert decide(box(mine, parents=parents), server({})) == Answer(Action.PUSH_FROM, 1, from_seq=1)
    assert decide(box(mine, parents=parents), server({1: "ab"})) == Answer(Action.PUSH_FROM, 1, from_seq=3)
    assert decide(box(mine, parents=parents), server({1: "abc"})) == Answer(Action.PUSH_FROM, 2, from_seq=1)
    assert decide(box(mine, parents=parents), server({1: "abcxy"})) == Answer(Action.PUSH_FROM, 2, from_seq=1)


def test_a_fork_in_an_older_epoch_is_gone_around() -> None:
    mine = {1: "abc", 2: "defg", 3: "h"}
    hello = box(mine, parents={2: place(mine, 1, 3), 3: place(mine, 2, 4)})
    stored = server({1: "abc", 2: "dex"})
    assert decide(hello, stored) == Answer(Action.PUSH_FROM, 2, from_seq=4)
    answer = decide(hello, replace(stored, forked=2))
    assert answer == Answer(Action.NEW_EPOCH, 4, parent=place(mine, 1, 3), lineage=[stored.heads[1], stored.heads[2]])


def test_a_box_behind_with_a_matching_prefix_copies_first_and_then_gets_a_new_epoch() -> None:
    stored = server({1: "abcde"})
    answer = decide(box({1: "abc"}, acked=2), stored)
    assert answer == Answer(Action.FAST_FORWARD, 1, lineage=[stored.heads[1]])
    copied = decide(box({1: "abcde"}), replace(stored, copied=stored.heads[1]))
    assert copied == Answer(Action.NEW_EPOCH, 2, parent=stored.heads[1], lineage=[stored.heads[1]])
    wrote_on = decide(box({1: "abcdefgh"}), replace(stored, copied=stored.heads[1]))
    assert (wrote_on.action, wrote_on.parent) == (Action.NEW_EPOCH, place({1: "abcde"}, 1, 4)), "the rung below the copied head"


def test_an_empty_box_copies_every_epoch() -> None:
    stored = server({1: "abc", 3: "de"})
    assert decide(box({}), stored) == Answer(Action.FAST_FORWARD, 3, lineage=[stored.heads[1], stored.heads[3]])


def test_histories_that_part_get_a_new_epoch_after_the_highest_common_rung() -> None:
    stored = server({1: "abcxyz"})
    answer = decide(box({1: "abcdefgh"}, acked=3), stored)
    assert answer == Answer(Action.NEW_EPOCH, 2, parent=place({1: "abc"}, 1, 3), lineage=[stored.heads[1]])
    shorter = decide(box({1: "abcd"}), stored)
    assert shorter == Answer(Action.NEW_EPOCH, 2, parent=place({1: "abc"}, 1, 3), lineage=[stored.heads[1]])


def test_a_fork_between_two_rungs_is_known_from_the_push_that_met_it() -> None:
    theirs, mine = "a" * 20 + "x" * 5, "a" * 20 + "b" * 40
    stored = server({1: theirs})
    assert decide(box({1: mine}, acked=20), stored).action is Action.PUSH_FROM
    answer = decide(box({1: mine}, acked=20), replace(stored, forked=1))
    assert answer == Answer(Action.NEW_EPOCH, 2, parent=place({1: mine}, 1, 20), lineage=[stored.heads[1]])


def test_a_backup_gets_a_new_epoch_although_nothing_is_missing() -> None:
    stored = server({1: "abc"})
    assert decide(replace(box({1: "abcde"}, acked=3), is_backup=True), stored).parent == stored.heads[1]
    assert decide(replace(box({1: "abc"}), is_backup=True), stored).action is Action.NEW_EPOCH
    assert decide(replace(box({1: "ab"}), is_backup=True), stored).action is Action.FAST_FORWARD


def test_a_backup_that_the_server_never_heard_of_begins_again_from_nothing() -> None:
    answer = decide(replace(box({1: "abc"}), is_backup=True), server({}))
    assert answer == Answer(Action.NEW_EPOCH, 2, parent=Place(1, 0, GENESIS), lineage=[])


def test_an_issued_epoch_is_given_again_until_it_has_events_and_then_the_older_one_is_fenced() -> None:
    mine = replace(box({1: "abc"}), is_backup=True)
    issued = server({1: "abc"}, present=2, issued_to=NODE, issued_for=1)
    assert decide(mine, issued).epoch == 2
    assert decide(replace(mine, is_backup=False), issued).epoch == 2
    assert decide(mine, server({1: "abc", 2: "s"})) == Answer(Action.FENCED, 2, why="older")


def test_a_box_that_began_its_issued_epoch_goes_on_from_its_first_line() -> None:
    mine = {1: "abc", 2: "sd"}
    hello = box(mine, parents={2: place(mine, 1, 3)})
    assert decide(hello, server({1: "abc"}, present=2, issued_to=NODE, issued_for=1)) == Answer(Action.RESUME, 2)


def test_a_backup_of_an_epoch_that_nobody_sent_yet_gets_the_next_one() -> None:
    mine = {1: "abc", 2: "sd"}
    hello = replace(box(mine, parents={2: place(mine, 1, 3)}), is_backup=True)
    answer = decide(hello, server({1: "abc"}, present=2, issued_to=NODE, issued_for=1))
    assert (answer.action, answer.epoch, answer.parent) == (Action.NEW_EPOCH, 3, place(mine, 1, 3))


def test_nothing_in_common_is_fenced() -> None:
    assert decide(box({1: "xyz"}), server({1: "abc"})) == Answer(Action.FENCED, 1, why="stranger")


def test_a_fenced_box_that_is_let_in_goes_on_after_the_last_common_line_of_its_own_epoch() -> None:
    stored = server({1: "abcd", 2: "s"})
    answer = readmitted(box({1: "abcxyz"}, acked=3), stored)
    assert answer == Answer(Action.NEW_EPOCH, 3, parent=place({1: "abc"}, 1, 3), lineage=[stored.heads[1], stored.heads[2]])
    again = server({1: "abcd", 2: "s"}, present=3, issued_to=NODE, issued_for=1)
    assert decide(box({1: "abcxyz"}, acked=3), again).epoch == 3, "the answer was lost"
    assert decide(replace(box({1: "abcxyz"}, acked=3), node=OTHER), again).action is Action.FENCED


def test_a_stranger_that_is_let_in_sends_all_it_has() -> None:
    assert readmitted(box({1: "xyz"}), server({1: "abc"})).parent == Place(1, 0, GENESIS)


def test_the_tail_that_comes_again_is_counted_through_the_epochs() -> None:
    mine = {1: "abcde", 2: "sfg"}
    hello = box(mine, parents={2: place(mine, 1, 4)})
    assert tail(hello, place(mine, 2, 1)) == 2
    assert tail(hello, place(mine, 1, 2)) == 2 + 3


@given(st.text("ab", max_size=12), st.text("ab", max_size=12), st.integers(0, 12), st.sets(st.sampled_from(["is_backup", "forked"])))
def test_a_parent_is_always_shared_and_a_resumed_head_always_proven(mine: str, theirs: str, acked: int, marks: set[str]) -> None:
    hello = replace(box({1: "r" + mine}, acked=min(acked, len(mine)) or None), is_backup="is_backup" in marks)
    stored = server({1: "r" + theirs}, forked=1 if "forked" in marks else None)
    answer = decide(hello, stored)
    if answer.parent:
        assert stored.hash_at(1, answer.parent.seq) == answer.parent.hash == hash_of({1: "r" + mine}, 1, answer.parent.seq)
    if answer.action is Action.RESUME:
        assert mine.startswith(theirs)
    if answer.action is Action.FAST_FORWARD:
        assert theirs.startswith(mine)
        assert mine != theirs
    if answer.action is Action.PUSH_FROM:
        assert answer.from_seq is not None
        assert answer.from_seq <= len("r" + theirs) + 1


@pytest.mark.parametrize(
    ("change", "found"),
    [
        ({"head": {"seq": 1}}, "hash"),
        ({"head": {"seq": -1, "hash": "0" * 64}}, "seq = -1"),
        ({"head": {"seq": True, "hash": "0" * 64}}, "seq = True"),
        ({"head": {"seq": 0, "hash": "1" * 64}}, "64 zeros"),
        ({"ladder": [{"seq": 5, "hash": "1" * 64}]}, "contradicts"),
        ({"ladder": [{"seq": 3, "hash": "2" * 64}]}, "contradicts"),
        ({"ladder": {}}, "ladder"),
        ({"ladder": [{"seq": 1, "hash": "1" * 64}] * 300}, "at most"),
        ({"lineage": 3}, "lineage"),
        ({"epoch": "1"}, "epoch"),
        ({"epoch": 2**53}, "epoch"),
        ({"protocol": None}, "protocol"),
        ({"acked": {"epoch": 1, "seq": 1}}, "hash"),
        ({"acked": 5}, "acked"),
        ({"node": ""}, "node"),
    ],
)
def test_a_hello_that_says_nonsense_is_refused_in_a_sentence(change: dict[str, Any], found: str) -> None:
    said = {
        "centre": "kara-balta",
        "node": NODE,
        "public_key": "k",
        "protocol": {"min": 1, "max": 1},
        "epoch": 1,
        "head": {"seq": 3, "hash": "1" * 64},
        "ladder": [],
        "lineage": [],
        "acked": None,
    }
    assert read(said).head == Place(1, 3, "1" * 64)
    with pytest.raises(Refusal, match=found):
        read({**said, **change})
