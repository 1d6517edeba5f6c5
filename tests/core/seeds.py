"""Properties that must hold for every history: run over seeds, shrunk by hypothesis, tortured.

A property is a function of one `Random`. `holds_for_generated_histories` makes a test of it, with
its own seeds: the kept ones, which failed once, and a fixed range. A failing seed is named;
`TIEOUT_SEED` runs it alone. `TIEOUT_HISTORIES` says how many histories all properties together
go through, `TIEOUT_TORTURE_HISTORIES` how many more `make torture` adds.
"""

import os
from collections.abc import Callable, Iterable, Iterator
from random import Random
from typing import Any

import pytest

Property = Callable[[Random], None]

HISTORIES = int(os.environ.get("TIEOUT_HISTORIES", "10000"))
TORTURE_HISTORIES = int(os.environ.get("TIEOUT_TORTURE_HISTORIES", "200000"))
TORTURE_PIECE = 5000
TORTURE_FIRST_SEED = 1_000_000
CHUNKS = 2
PROPERTIES: list[tuple[Property, float]] = []


def holds_for_generated_histories(
    *, share: float, kept: Iterable[int] = ()
) -> Callable[[Property], Callable[..., None]]:
    """Make a test of a property, over its `share` of all histories."""

    def made(check: Property) -> Callable[..., None]:
        PROPERTIES.append((check, share))

        @pytest.mark.parametrize("chunk", range(CHUNKS))
        def test(chunk: int) -> None:
            seeds = [*kept, *range(round(HISTORIES * share))]
            go_through(check, wanted(seeds[chunk::CHUNKS]))

        return named(test, check)

    return made


def tortures() -> Iterator[Any]:
    """Every property over many more seeds than a test run has time for, in pieces."""
    for check, share in PROPERTIES:
        count = round(TORTURE_HISTORIES * share)
        for first in range(0, count, TORTURE_PIECE):
            last = min(first + TORTURE_PIECE, count)
            seeds = range(TORTURE_FIRST_SEED + first, TORTURE_FIRST_SEED + last)
            yield pytest.param(check, seeds, id=f"{check.__name__}-{seeds.start}")


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
