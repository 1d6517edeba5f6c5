"""When a snapshot is not to be believed."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest

from tieout.core.guards import is_same_list, is_stale, reason_to_hold, reason_to_reject
from tieout.core.instrument import LedgerId
from tieout.core.policy import Policy

NOON = datetime(2026, 11, 20, 12, tzinfo=UTC)


def ledgers(count: int) -> list[LedgerId]:
    return [LedgerId(f"L{number}") for number in range(count)]


def reason(gone: int, *, of: int, rows: int = 1, **policy) -> str | None:
    return reason_to_hold(ledgers(gone), held_positions=of, rows=rows, policy=Policy(**policy))


@pytest.mark.parametrize(
    ("gone", "of", "is_held"),
    [
        (0, 0, False),
        (0, 9, False),
        (1, 1, False),  # fewer than three are never many
        (2, 2, False),
        (3, 3, True),
        (3, 5, True),
        (3, 6, False),  # exactly half is not more than half
        (4, 7, True),
        (4, 8, False),
        (5, 9, True),
    ],
)
def test_more_than_half_of_the_book_and_at_least_three_hold_the_run(gone, of, is_held):
    assert (reason(gone, of=of) is not None) is is_held


@pytest.mark.parametrize(
    ("share", "minimum", "gone", "of", "is_held"),
    [
        ("0.5", 1, 1, 1, True),
        ("0.5", 4, 3, 3, False),
        ("0.5", 4, 4, 4, True),
        ("0.25", 2, 2, 8, False),
        ("0.25", 2, 3, 8, True),
        ("1", 3, 9, 9, False),
        ("0", 3, 3, 99, True),
        ("0.333", 1, 333, 1000, False),
        ("0.333", 1, 334, 1000, True),
    ],
)
def test_share_and_minimum_are_settings(share, minimum, gone, of, is_held):
    found = reason(gone, of=of, guard_close_share=Decimal(share), guard_close_min=minimum)
    assert (found is not None) is is_held


def test_an_empty_snapshot_is_held_however_few_are_gone():
    assert reason(1, of=1, rows=0) == "the snapshot is empty and the book holds 1 position"
    assert reason(2, of=2, rows=0) == "the snapshot is empty and the book holds 2 positions"
    assert reason(0, of=0, rows=0) is None
    assert reason(0, of=4, rows=0) is None


def test_the_guard_for_empty_snapshots_can_be_switched_off():
    assert reason(2, of=2, rows=0, guard_empty=False) is None
    assert reason(3, of=3, rows=0, guard_empty=False) is not None


def test_the_reason_says_how_many_of_how_many():
    assert reason(3, of=4) == "3 of 4 positions are missing from the snapshot"
    held = reason(1, of=1, guard_close_min=1)
    assert held == "1 of 1 position are missing from the snapshot"


def test_the_share_is_counted_exactly():
    """A third of three times ten to the fortieth, and one more."""
    share, whole = Decimal("0." + "3" * 40), 3 * 10**3
    assert reason(1000, of=whole, guard_close_share=share) is not None
    assert reason(999, of=whole, guard_close_share=share) is None


def test_a_snapshot_is_stale_only_if_older_than_the_last_applied():
    assert is_stale(NOON, last_applied=NOON + timedelta(microseconds=1))
    assert not is_stale(NOON, last_applied=NOON)
    assert not is_stale(NOON, last_applied=NOON - timedelta(microseconds=1))
    assert not is_stale(NOON, last_applied=None)


def test_a_held_list_is_the_same_whatever_its_order():
    one, other = LedgerId("A"), LedgerId("B")
    assert is_same_list([one, other], [other, one])
    assert is_same_list([], [])
    assert not is_same_list([one], [one, other])
    assert not is_same_list([one, other], [one])
    assert not is_same_list([one], None)
    assert not is_same_list([], None)


LAST = datetime(2026, 11, 20, 15, 0, tzinfo=UTC)
OLDER = "the snapshot of 2026-11-20T14:00:00Z is older than the last applied, 2026-11-20T15:00:00Z"


@pytest.mark.parametrize(
    ("now", "reason"),
    [
        (LAST, OLDER),
        (
            LAST - timedelta(seconds=1),
            f"{OLDER}; check this machine's clock, which is behind that",
        ),
    ],
)
def test_a_stale_snapshot_is_refused_with_both_times_and_our_clock_if_it_is_behind(now, reason):
    as_of = LAST - timedelta(hours=1)
    assert reason_to_reject(as_of, last_applied=LAST, now=now) == reason
