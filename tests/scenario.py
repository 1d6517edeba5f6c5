"""Scenarios: small books and what becomes of them, written like a statement.

`check(text)` runs a scenario through the real core, as a case file, and compares every line that
starts with `=>`. The language is described in docs/scenarios.md.
"""

import json
import textwrap
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from scenario_comparison import Mismatch, compare_step
from scenario_lines import (
    ACTIVITIES,
    FIRST_STEP_AT,
    STEP_LASTS,
    Json,
    Tokens,
    moment_of,
    read_activity,
    read_book_row,
    read_holding,
    read_instrument,
    read_local,
    read_pairs,
    text_of,
)
from scenario_rendering import rendered
from tieout.cases.case import Case
from tieout.cases.reading import read_case
from tieout.cases.running import Statement, run_case

STEP_MARK = "---"
EXPECTATION_MARK = "=>"


@dataclass
class StepText:
    """One step as it is being read."""

    at: datetime
    material: Json = field(default_factory=dict)
    expectations: list[str] = field(default_factory=list)

    def add(self, key: str, item: Json) -> None:
        self.material.setdefault(key, []).append(item)

    @property
    def snapshot(self) -> Json:
        """The snapshot of this step, begun by the first line about the broker."""
        new = {"as_of": text_of(self.at), "complete": True, "holdings": []}
        found: Json = self.material.setdefault("snapshot", new)
        return found


@dataclass
class Scenario:
    """A scenario as it was read: the case file's material, and what is expected of each step."""

    material: Json
    steps: list[StepText]

    @property
    def case(self) -> Case:
        return read_case(json.dumps(self.material).encode())


def check(text: str) -> Statement:
    """Run a scenario and compare what it expects; the statement is there for closer looks."""
    scenario = read(text)
    statement = run_case(scenario.case)
    for number, step in enumerate(scenario.steps, start=1):
        if step.expectations:
            check_step(scenario, number, step)
    return statement


def check_step(scenario: Scenario, number: int, step: StepText) -> None:
    """Compare one step with its lines, with the book as that step left it."""
    result = result_until(scenario.case, number)
    try:
        compare_step(result, step.expectations)
    except Mismatch as mismatch:
        actual = textwrap.indent("\n".join(rendered(result)), "  ")
        raise AssertionError(
            f"step {number}: {mismatch}\nwhat came of step {number}:\n{actual}"
        ) from None


def result_until(case: Case, number: int) -> Json:
    """The result of the first steps of a case."""
    first = Case(
        account=case.account,
        policy=case.policy,
        instruments=case.instruments,
        book=case.book,
        steps=case.steps[:number],
    )
    return run_case(first).json() | {"exit_status": run_case(first).exit_status}


def run(text: str) -> Json:
    """The JSON result of a scenario."""
    return run_case(read(text).case).json()


def read(text: str) -> Scenario:
    """A scenario as the material of a case file, and its expectations."""
    material: Json = {"case": 1, "account": {"venue": "alpaca"}}
    steps = [StepText(FIRST_STEP_AT)]
    for line in text.splitlines():
        line = line.strip()
        if line == STEP_MARK:
            steps.append(StepText(steps[-1].at + STEP_LASTS))
        elif line.startswith(EXPECTATION_MARK):
            steps[-1].expectations.append(line.removeprefix(EXPECTATION_MARK).strip())
        elif line and not line.startswith("#"):
            read_line(line, material, steps[-1])
    for step in steps:
        step.material = {"at": text_of(step.at)} | step.material
    return Scenario(material | {"steps": [step.material for step in steps]}, steps)


def read_line(line: str, material: Json, step: StepText) -> None:
    """One line that says what is given."""
    tokens = Tokens(line)
    word = tokens.take()
    if word in ACTIVITIES:
        step.add("activities", read_activity(word, tokens, step_at=step.at))
    elif word == "account":
        material["account"] |= read_pairs(tokens)
    elif word == "policy":
        merge(material.setdefault("policy", {}), read_pairs(tokens))
    elif word == "instrument":
        material.setdefault("instruments", []).append(read_instrument(tokens))
    elif word == "book":
        material.setdefault("book", []).append(read_book_row(tokens))
    else:
        read_step_line(word, tokens, step)


def merge(target: Json, more: Json) -> None:
    for key, value in more.items():
        if isinstance(value, dict):
            merge(target.setdefault(key, {}), value)
        else:
            target[key] = value


def read_step_line(word: str, tokens: Tokens, step: StepText) -> None:
    """What arrives in a step: its time, our own bookings, the broker, a person's approval."""
    if word == "at":
        step.at = moment_of(tokens.take(), day=step.at)
    elif word == "local":
        step.add("local", read_local(tokens))
    elif word == "approve":
        step.material["approve"] = True
    elif word == "broker":
        read_broker(tokens, step)
    else:
        raise AssertionError(f"not understood: {word!r} in: {tokens.line}")
    tokens.done()


def read_broker(tokens: Tokens, step: StepText) -> None:
    """A row, nothing at all, an incomplete list, an older one, or a failed fetch."""
    if tokens.skip("nothing"):
        assert not step.snapshot["holdings"], "nothing and something at once"
    elif tokens.skip("incomplete"):
        step.snapshot["complete"] = False
    elif tokens.skip("as", "of"):
        step.snapshot["as_of"] = text_of(moment_of(tokens.take(), day=step.at))
    elif tokens.skip("fails"):
        failure: dict[str, Any] = {"kind": tokens.take(), "message": " ".join(tokens.words)}
        tokens.words.clear()
        step.material |= {"snapshot": None, "failure": failure}
    else:
        step.snapshot["holdings"].append(read_holding(tokens))
