"""Properties that must hold for every history: run over seeds, shrunk by hypothesis, tortured.

A property is a function of one `Random`. `holds_for_generated_histories` makes a test of it, with
its own seeds: the kept ones, which failed once, and a fixed range. A failing seed is named;
`TIEOUT_SEED` runs it alone. The promised properties, which PROMISED names, go through
`TIEOUT_HISTORIES` histories together; each other one adds its share on top.
`TIEOUT_TORTURE_HISTORIES` is what `make torture` adds to each share of one.
"""

import os
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from random import Random
from typing import Any

import pytest

Property = Callable[[Random], None]

HISTORIES_BY_DEFAULT = 10_000
HISTORIES = int(os.environ.get("TIEOUT_HISTORIES", HISTORIES_BY_DEFAULT))
TORTURE_HISTORIES = int(os.environ.get("TIEOUT_TORTURE_HISTORIES", "200000"))
TORTURE_PIECE = 5000
TORTURE_FIRST_SEED = 1_000_000
CHUNKS = 2
PROMISED = frozenset((
    "test_any_order_and_any_repetition_of_activities_give_the_same_book",
    "test_what_is_known_already_changes_nothing_when_it_comes_again",
    "test_the_plan_is_what_the_sync_then_does",
    "test_where_the_broker_is_right_the_book_follows_and_then_ties_out",
    "test_every_lot_closing_and_episode_is_that_of_the_model",
    "test_realized_and_unrealized_are_proceeds_less_cost_less_fees",
    "test_a_book_rebuilt_from_its_journal_is_the_stored_one",
))  # fmt: skip


@dataclass(frozen=True)
class Checked:
    """A property, and the seeds of the histories it is checked on."""

    check: Property
    share: float
    kept: tuple[int, ...]

    @property
    def is_promised(self) -> bool:
        return self.check.__name__ in PROMISED

    @property
    def seeds(self) -> list[int]:
        return [*self.kept, *range(round(HISTORIES * self.share))]


PROPERTIES: list[Checked] = []


def holds_for_generated_histories(
    *, share: float, kept: Iterable[int] = ()
) -> Callable[[Property], Callable[..., None]]:
    """Make a test of a property, over its `share` of the histories."""

    def made(check: Property) -> Callable[..., None]:
        checked = Checked(check, share, tuple(kept))
        PROPERTIES.append(checked)

        @pytest.mark.parametrize("chunk", range(CHUNKS))
        def test(chunk: int) -> None:
            go_through(check, wanted(checked.seeds[chunk::CHUNKS]))

        return named(test, check)

    return made


def tortures() -> Iterator[Any]:
    """Every property over many more seeds than a test run has time for, in pieces."""
    for each in PROPERTIES:
        count = round(TORTURE_HISTORIES * each.share)
        for first in range(0, count, TORTURE_PIECE):
            last = min(first + TORTURE_PIECE, count)
            seeds = range(TORTURE_FIRST_SEED + first, TORTURE_FIRST_SEED + last)
            yield pytest.param(each.check, seeds, id=f"{each.check.__name__}-{seeds.start}")


def named(test: Any, check: Property) -> Callable[..., None]:
    """The test under the name of the property."""
    test.__name__ = test.__qualname__ = check.__name__
    test.__doc__ = check.__doc__
    test.__module__ = check.__module__
    test.is_property = True
    return test


def wanted(seeds: list[int]) -> Iterator[int]:
    """The seeds, or only the one that is being looked at."""
    only = os.environ.get("TIEOUT_SEED")
    yield from seeds if only is None else [int(only)]


def go_through(check: Property, seeds: Iterable[int]) -> None:
    """Check every seed; name the one that fails."""
    for seed in seeds:
        try:
            check(Random(seed))
        except BaseException as error:
            error.add_note(f"seed {seed}: TIEOUT_SEED={seed} runs it alone")
            raise
