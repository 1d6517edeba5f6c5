"""Fewer of many combinations by default; all of them are gone through by `make torture`."""

from collections import Counter
from collections.abc import Callable, Hashable, Iterable
from typing import Any, TypeVar

import pytest

Case = TypeVar("Case")


def covering(
    cases: Iterable[Case],
    *,
    each: Callable[[Case], Hashable],
    at: Callable[[Case], Hashable],
    least: int = 1,
    name: Callable[[Case], str] = str,
) -> list[Any]:
    """The cases as parameters: every trouble (`each`) and every place of one (`at`) so often at
    least, spread over the others; the rest is marked `torture`.
    """
    listed = list(cases)
    chosen: set[int] = set()
    for one, other in ((each, at), (at, each)):
        ones, others = [*map(one, listed)], [*map(other, listed)]
        for value in dict.fromkeys(ones):
            mine = [index for index, found in enumerate(ones) if found == value]
            _choose(mine, others, chosen, least=least)
    return [
        pytest.param(case, id=name(case), marks=() if index in chosen else pytest.mark.torture)
        for index, case in enumerate(listed)
    ]


def _choose(mine: list[int], others: list[Hashable], chosen: set[int], *, least: int) -> None:
    """Choose of `mine` until there are enough, first those whose other half is the rarest."""
    counts = Counter(others[index] for index in chosen)
    left = [index for index in mine if index not in chosen]
    for _ in range(min(least - len(mine) + len(left), len(left))):
        rarest = min(left, key=lambda index: counts[others[index]])
        left.remove(rarest)
        chosen.add(rarest)
        counts[others[rarest]] += 1
