"""The result of a step compared with the lines of a scenario that say what is expected."""

from collections.abc import Callable
from decimal import ROUND_HALF_EVEN, Decimal
from typing import Any

from scenario_lines import NUMBER, Json, Tokens
from scenario_outcome import UNKNOWN, read_clause


class Mismatch(Exception):
    """A line of a scenario that the result does not bear out."""


def compare_step(result: Json, lines: list[str]) -> None:
    """Compare the last step of a result with its lines; what no line mentions must not be there."""
    expected: dict[str, list[tuple[str, Json]]] = {}
    for line in lines:
        tokens = Tokens(line.replace("(", " ").replace(")", " "))
        while tokens:
            section, item = read_clause(tokens)
            expected.setdefault(section, []).append((line, item))
    step = result["steps"][-1]
    is_open = "more" in expected
    for section in ("changes", "breaks", "errors"):
        compare_list(section, step[section], expected.pop(section, []), is_open=is_open)
    for section, clauses in expected.items():
        for line, item in clauses:
            COMPARED[section](result, item, line)


def compare_list(
    section: str, actual: list[Json], expected: list[tuple[str, Json]], *, is_open: bool
) -> None:
    """The items in their order; with `and more`, those that are mentioned among the others."""
    if is_open:
        actual = [closest(item, actual) for _, item in expected]
    for (line, item), found in zip(expected, actual, strict=False):
        compare_item(item, found, line)
    for line, _ in expected[len(actual) :]:
        raise Mismatch(f"expected, and not there: {line}")
    if len(actual) > len(expected):
        raise Mismatch(f"{section}: {len(actual)} instead of {len(expected)}")


def closest(item: Json, actual: list[Json]) -> Json:
    """The item that a line most likely means."""

    def likeness(found: Json) -> int:
        return sum(meets(key, expected, found) for key, expected in item.items())

    return max(actual, key=likeness, default={})


def compare_item(item: Json, found: Json, line: str) -> None:
    for key, expected in item.items():
        if not meets(key, expected, found):
            actual = found.get(key)
            raise Mismatch(f"expected: {line}\n  {key} should be {expected}, it is {actual}")


def meets(key: str, expected: Any, found: Json) -> bool:
    """Whether an item has what a line says of it; of a message, the line gives a part."""
    if key == "about":
        return expected in (found.get("activity"), found.get("symbol"))
    if key == "message":
        return expected in found["message"]
    return same(expected, found.get(key))


def same(expected: Any, actual: Any) -> bool:
    """Equal as values: numbers whatever their zeros, objects in the keys that are mentioned."""
    if isinstance(expected, dict):
        return isinstance(actual, dict) and all(
            same(value, actual.get(key)) for key, value in expected.items()
        )
    if expected == UNKNOWN:
        return actual is None
    if isinstance(expected, str) and isinstance(actual, str) and NUMBER.fullmatch(expected):
        return same_number(expected, actual)
    return bool(expected == actual)


def same_number(expected: str, actual: str) -> bool:
    """`~11.39` is met by whatever rounds to it."""
    if not NUMBER.fullmatch(actual):
        return False
    if not expected.startswith("~"):
        return Decimal(expected) == Decimal(actual)
    wanted = Decimal(expected[1:])
    return Decimal(actual).quantize(wanted, ROUND_HALF_EVEN) == wanted


def compare_alert(result: Json, item: Json, line: str) -> None:
    if item not in result["steps"][-1]["alerts"]:
        raise Mismatch(f"expected: {line}\n  alerts are {result['steps'][-1]['alerts']}")


def compare_no_alert(result: Json, item: Any, line: str) -> None:
    if result["steps"][-1]["alerts"]:
        raise Mismatch(f"expected: {line}\n  alerts are {result['steps'][-1]['alerts']}")


def compare_book(result: Json, row: Json, line: str) -> None:
    """A row of the book after the step; `book nothing` is an empty one."""
    name = (row.get("symbol"), row.get("side"))
    found = [each for each in result["book"] if (each["symbol"], each.get("side")) == name]
    if not row and result["book"]:
        raise Mismatch(f"expected: {line}\n  the book holds {len(result['book'])} positions")
    if row and not found:
        raise Mismatch(f"expected, and not in the book: {line}")
    compare_item(row, found[0] if found else {}, line)


def compare_ended(result: Json, episode: Json, line: str) -> None:
    """One of the episodes that ended so far; `ended nothing` says that there is none."""
    if not episode and result["closed"]:
        raise Mismatch(f"expected: {line}\n  {len(result['closed'])} ended")
    if episode and not any(same(episode, each) for each in result["closed"]):
        raise Mismatch(f"expected, and not among the ended: {line}")


def compare_total(result: Json, totals: Json, line: str) -> None:
    """What was realized in a currency so far; `total nothing` says that nothing was."""
    if not totals and result["realized"]:
        raise Mismatch(f"expected: {line}\n  realized is {result['realized']}")
    for currency, figures in totals.items():
        found = result["realized"].get(currency, {})
        compare_item({"incomplete": False} | figures, found, line)


def compare_reason(result: Json, words: str, line: str) -> None:
    if words not in (result["steps"][-1]["reason"] or ""):
        raise Mismatch(f"expected: {line}\n  the reason is {result['steps'][-1]['reason']}")


COMPARED: dict[str, Callable[[Json, Any, str], None]] = {
    "step": lambda result, item, line: compare_item(item, result["steps"][-1], line),
    "alerts": compare_alert,
    "no_alert": compare_no_alert,
    "book": compare_book,
    "closed": compare_ended,
    "realized": compare_total,
    "because": compare_reason,
    "exit": lambda result, item, line: compare_item({"exit_status": item}, result, line),
    "nothing": lambda result, item, line: None,
    "more": lambda result, item, line: None,
}
