"""Judgement of check results: hysteresis, the first failure as start, our own trouble, silence, clocks that jump."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from statuspage.domain.health import Change, Memory, Outcome, Result, Thresholds, judge, restarted, silence
from statuspage.domain.vocabulary import ComponentStatus

T0 = datetime(2026, 3, 1, 12, tzinfo=UTC)
RULES = Thresholds(failures=3, recoveries=2, silent_after=timedelta(seconds=70))
UP, SLOW, DOWN, BLANK = Outcome.UP, Outcome.SLOW, Outcome.DOWN, Outcome.UNKNOWN
OPERATIONAL, UNKNOWN = ComponentStatus.OPERATIONAL, ComponentStatus.UNKNOWN
DEGRADED, MAJOR = ComponentStatus.DEGRADED_PERFORMANCE, ComponentStatus.MAJOR_OUTAGE


def at(number: float) -> datetime:
    """The instant of the check of that number; one every 30 s."""
    return T0 + timedelta(seconds=30 * number)


def run(*outcomes: Outcome, rules: Thresholds = RULES) -> tuple[Memory, list[Change]]:
    memory, changes = Memory(), []
    for number, outcome in enumerate(outcomes):
        memory, more = judge(memory, Result(at(number), outcome), rules)
        changes += more
    return memory, changes


def test_first_answer_makes_a_monitor_known() -> None:
    assert run(UP)[1] == [Change(OPERATIONAL, at(0))]


def test_outage_begins_with_the_first_failure() -> None:
    assert run(UP, DOWN, DOWN, DOWN)[1][-1] == Change(MAJOR, at(1))


def test_single_failure_changes_nothing() -> None:
    assert run(UP, DOWN, DOWN, UP, DOWN, DOWN, UP)[1] == [Change(OPERATIONAL, at(0))]


def test_outage_ends_with_the_first_good_answer() -> None:
    assert run(UP, DOWN, DOWN, DOWN, UP, DOWN, UP, UP)[1][1:] == [Change(MAJOR, at(1)), Change(OPERATIONAL, at(6))]


def test_slow_answers_degrade() -> None:
    assert run(UP, SLOW, SLOW, SLOW)[1][-1] == Change(DEGRADED, at(1))


def test_failures_among_slow_answers_degrade_first() -> None:
    assert run(UP, SLOW, DOWN, SLOW, DOWN, DOWN, DOWN)[1][1:] == [Change(DEGRADED, at(1)), Change(MAJOR, at(4))]


def test_slow_recovery_is_degraded_then_operational() -> None:
    changes = run(UP, DOWN, DOWN, DOWN, SLOW, SLOW, UP, UP)[1]
    assert changes[2:] == [Change(DEGRADED, at(4)), Change(OPERATIONAL, at(6))]


def test_own_trouble_is_never_down() -> None:
    assert run(UP, BLANK, BLANK, BLANK)[1][-1] == Change(UNKNOWN, at(1))


def test_own_trouble_counts_as_no_failure() -> None:
    assert run(UP, DOWN, DOWN, BLANK)[0].status is OPERATIONAL
    assert run(UP, DOWN, BLANK, DOWN, BLANK, DOWN)[1][-1] == Change(MAJOR, at(1))


def test_own_trouble_during_an_outage_ends_in_unknown() -> None:
    assert run(DOWN, DOWN, DOWN, BLANK, BLANK, BLANK)[1] == [Change(MAJOR, at(0)), Change(UNKNOWN, at(3))]


def test_silence_is_unknown_from_the_last_result() -> None:
    memory = run(UP, UP)[0]
    assert silence(memory, RULES, at(1) + RULES.silent_after) == (memory, ())
    later, changes = silence(memory, RULES, at(4))
    assert changes == (Change(UNKNOWN, at(1)),)
    assert silence(later, RULES, at(9)) == (later, ())


def test_result_after_silence_leaves_a_gap() -> None:
    memory = run(UP, UP)[0]
    assert judge(memory, Result(at(100), UP), RULES)[1] == (Change(UNKNOWN, at(1)), Change(OPERATIONAL, at(100)))


def test_failures_before_a_silence_do_not_count_after_it() -> None:
    memory = run(UP, DOWN, DOWN)[0]
    memory, changes = judge(memory, Result(at(100), DOWN), RULES)
    assert memory.status is UNKNOWN
    assert changes == (Change(UNKNOWN, at(2)),)


def test_memory_from_the_future_is_forgotten() -> None:
    memory = run(UP, DOWN, DOWN, DOWN)[0]
    assert restarted(memory, at(10)) == (memory, ())
    fresh, changes = restarted(memory, at(-10))
    assert changes == (Change(UNKNOWN, at(-10)),)
    assert judge(fresh, Result(at(-9), UP), RULES)[1] == (Change(OPERATIONAL, at(-9)),)


steps = st.tuples(st.sampled_from(Outcome), st.integers(-200, 200))
rules = st.builds(
    Thresholds, failures=st.integers(1, 4), recoveries=st.integers(1, 4), silent_after=st.just(timedelta(seconds=70))
)


@given(st.lists(steps, max_size=60), rules)
def test_history_only_moves_forward(story: list[tuple[Outcome, int]], rules: Thresholds) -> None:
    memory, changes, seconds = Memory(), list[Change](), 0
    for outcome, step in story:
        seconds += step
        result = Result(T0 + timedelta(seconds=seconds), outcome)
        before = memory
        memory, more = judge(memory, result, rules)
        if before.heard_at and result.at <= before.heard_at:
            assert (memory, more) == (before, ())
        assert all(change.at <= result.at for change in more)
        changes += more
    assert [change.at for change in changes] == sorted(change.at for change in changes)
    assert all(a.status is not b.status for a, b in pairwise(changes))
    assert memory.status is (changes[-1].status if changes else UNKNOWN)


@given(st.lists(st.sampled_from([UP, SLOW, BLANK]), max_size=40), rules)
def test_nothing_goes_down_without_a_failure(outcomes: list[Outcome], rules: Thresholds) -> None:
    assert MAJOR not in [change.status for change in run(*outcomes, rules=rules)[1]]


@given(st.lists(st.sampled_from([UP, DOWN]), max_size=40), rules)
def test_every_outage_is_a_run_of_failures(outcomes: list[Outcome], rules: Thresholds) -> None:
    for change in run(*outcomes, rules=rules)[1]:
        if change.status is MAJOR:
            first = round((change.at - T0) / timedelta(seconds=30))
            assert outcomes[first : first + rules.failures] == [DOWN] * rules.failures
            assert first == 0 or outcomes[first - 1] is UP
