"""Which words of a seed a test stands for."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

import pytest

FOLDER = Path(__file__).parents[3] / "shared" / "seeds"
ABSENT = "the seeds are not here: put them into ../shared/seeds"
Test = TypeVar("Test", bound=Callable[..., object])
KEPT: list["Promise"] = []


@dataclass(frozen=True, slots=True, kw_only=True)
class Promise:
    """Words of a seed, and the test that holds them (or the reason why none does)."""

    seed: str
    words: str
    holder: str


def promise(seed: str, *words: str) -> Callable[[Test], Test]:
    """Say which words of a seed a test holds."""

    def noted(test: Test) -> Test:
        KEPT.extend(Promise(seed=seed, words=each, holder=test.__name__) for each in words)
        return test

    return noted


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """A line of a seed that is no heading and no code, and the headings above it."""

    section: str
    text: str


def seed_text(seed: str) -> str:
    """A seed's text; the test is skipped, and says why, where it is absent."""
    found = sorted(FOLDER.glob(f"{seed}_*.txt"))
    if not found:
        pytest.skip(ABSENT)
    return found[0].read_text(encoding="utf-8")


def prose(seed: str) -> Iterator[Line]:
    """The lines that may promise something."""
    section, is_code = "", False
    for line in map(str.strip, seed_text(seed).splitlines()):
        if line.startswith("```"):
            is_code = not is_code
        elif not is_code and line.startswith("#"):
            section = line.lstrip("#").strip()
        elif not is_code and line and line != "---":
            yield Line(section=section, text=line)


def code_blocks(seed: str, *, language: str) -> list[str]:
    """The blocks of code in a language."""
    blocks: list[str] = []
    current: list[str] | None = None
    for line in seed_text(seed).splitlines():
        stripped = line.strip()
        if current is None and stripped == f"```{language}":
            current = []
        elif current is not None and stripped == "```":
            blocks.append("\n".join(current))
            current = None
        elif current is not None:
            current.append(line)
    return blocks
