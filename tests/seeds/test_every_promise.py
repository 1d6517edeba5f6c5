"""Every line of the seeds is quoted by a test, or stands in the list with a reason."""

import importlib
from pathlib import Path

import pytest

from seeds.elsewhere import ELSEWHERE, NO_PROMISES
from seeds.quoting import KEPT, Line, Promise, prose, seed_text

SEEDS = ("000", "001", "002")
for module in sorted(Path(__file__).parent.glob("test_seed_*.py")):
    importlib.import_module(f"seeds.{module.stem}")  # registers what its tests keep
QUOTED = (*KEPT, *ELSEWHERE)


def is_label(line: Line) -> bool:
    """Whether a line only names what follows it: `**Fields**:`, `Returns:`."""
    return line.text.strip("*0123456789. ").endswith((":", ":**")) and not line.text.startswith("-")


def quoting(seed: str, line: Line) -> list[Promise]:
    return [each for each in QUOTED if each.seed == seed and each.words in line.text]


@pytest.mark.parametrize("seed", SEEDS)
def test_every_line_that_may_promise_something_is_quoted(seed: str):
    left_out = [
        f"{line.section}: {line.text}"
        for line in prose(seed)
        if line.section not in NO_PROMISES[seed] and not is_label(line) and not quoting(seed, line)
    ]
    assert left_out == []


@pytest.mark.parametrize("seed", SEEDS)
def test_every_quotation_is_in_its_seed(seed: str):
    text = seed_text(seed)
    invented = [each for each in QUOTED if each.seed == seed and each.words not in text]
    assert invented == []


@pytest.mark.parametrize("seed", SEEDS)
def test_nothing_is_quoted_twice(seed: str):
    words = [each.words for each in QUOTED if each.seed == seed]
    assert sorted(words) == sorted(set(words))


@pytest.mark.parametrize("seed", SEEDS)
def test_the_sections_without_promises_are_there(seed: str):
    sections = {line.section for line in prose(seed)}
    assert {*NO_PROMISES[seed]} <= sections
