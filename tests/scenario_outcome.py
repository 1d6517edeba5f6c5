"""The lines of a scenario that say what is expected, compared with the result of a step."""

from collections.abc import Callable
from decimal import ROUND_HALF_EVEN, Decimal
from typing import Any

from scenario_lines import NUMBER, SIDES, STATUSES, Json, Tokens, time_after

KINDS = (
    "created", "increased", "reduced", "closed", "flipped", "split", "renamed", "restated",
    "missing", "invalid",
)  # fmt: skip
OUTCOMES = ("applied", "partial", "held", "rejected", "failed")
RECONCILIATIONS = ("SYNCED", "DRIFT", "FAILED", "PENDING")
BREAK_STATUSES = ("open", "acknowledged", "explained", "resolved", "ignored")
BASES = ("actual", "venue")
MONEY = ("gross", "fees", "net", "funding", "income")
UNKNOWN = "?"


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


def read_clause(tokens: Tokens) -> tuple[str, Json]:
    """One thing that is expected, and the part of the result that it is about."""
    word = tokens.take()
    if word in KINDS:
        return "changes", read_change(word, tokens)
    if word in OUTCOMES:
        return "step", {"outcome": word}
    if word in CLAUSES:
        section, reader = CLAUSES[word]
        return section, reader(tokens)
    if word == "tied" and tokens.skip("out"):
        return "step", {"tied_out": True}
    if word == "not" and tokens.skip("tied", "out"):
        return "step", {"tied_out": False}
    if word == "not" and tokens.skip("judged"):
        return "step", {"tied_out": None}
    raise AssertionError(f"not understood: {word!r} in: {tokens.line}")


def read_name(tokens: Tokens, keywords: tuple[str, ...]) -> Json:
    """A symbol and a side, where they are given."""
    item: Json = {}
    word = tokens.peek()
    if word and not tokens.is_number() and word not in (*keywords, *ENDS_OF_CLAUSE):
        item["symbol"] = tokens.take()
    if tokens.peek() in SIDES:
        item["side"] = tokens.take()
    return item


def read_change(kind: str, tokens: Tokens) -> Json:
    """`reduced AAPL 10 -> 6 @ 100.00 REDUCED SYNCED realized 119.00 USD by f1 reason fill`."""
    item: Json = {"kind": kind, **read_name(tokens, CHANGE_KEYWORDS)}
    if tokens.is_number():
        item["from"] = tokens.number()
        item["to"] = tokens.number() if tokens.skip("->") else item["from"]
    while tokens and read_change_part(tokens, item):
        pass
    return item


def read_change_part(tokens: Tokens, item: Json) -> bool:
    word = tokens.peek()
    if word in STATUSES:
        item["status"] = tokens.take()
    elif word in RECONCILIATIONS:
        item["reconciliation"] = tokens.take()
    elif word in CHANGE_WORDS:
        CHANGE_WORDS[tokens.take()](tokens, item)
    else:
        return False
    return True


def read_average(tokens: Tokens, item: Json) -> None:
    item["average_price"] = tokens.take()


def read_realized(tokens: Tokens, item: Json) -> None:
    """`realized 119.00 USD estimated gross 120.00 fees 1.00`; `realized nothing`."""
    if tokens.skip("nothing"):
        item["realized"] = UNKNOWN
        return
    realized: Json = {}
    if tokens.skip("incomplete"):
        realized |= {"net": UNKNOWN, "gross": UNKNOWN, "incomplete": True}
    elif tokens.is_number():
        realized["net"] = tokens.take()
    currency = tokens.currency()
    if currency:
        realized["currency"] = currency
    item["realized"] = realized | read_money_parts(tokens)


def read_money_parts(tokens: Tokens) -> Json:
    """Any of estimated, exact, incomplete, and the named amounts."""
    parts: Json = {}
    while tokens:
        if tokens.peek() in MONEY:
            name = tokens.take()
            parts[name] = tokens.take()
        elif tokens.peek() in ("estimated", "final"):
            parts["estimated"] = tokens.take() == "estimated"
        elif tokens.peek() in ("incomplete", "complete"):
            parts["incomplete"] = tokens.take() == "incomplete" or None
        else:
            break
    return parts


def read_by(tokens: Tokens, item: Json) -> None:
    """`by f1 f2`, `by nothing`."""
    names = item["explained_by"] = []
    if tokens.skip("nothing"):
        return
    while tokens and tokens.peek() not in (*CHANGE_KEYWORDS, *ENDS_OF_CLAUSE):
        name = tokens.take()
        names.extend([name] if name != "," else [])


def read_other_fees(tokens: Tokens, item: Json) -> None:
    amount = tokens.number()
    item.setdefault("other_fees", {})[tokens.take()] = amount


def keep(key: str, read: Callable[[Tokens], Any] = Tokens.take) -> Callable[[Tokens, Json], None]:
    def reader(tokens: Tokens, item: Json) -> None:
        item[key] = read(tokens)

    return reader


CHANGE_WORDS: dict[str, Callable[[Tokens, Json], None]] = {
    "@": read_average,
    "realized": read_realized,
    "by": read_by,
    "reason": keep("reason"),
    "was": keep("renamed_from"),
    "opened": keep("opened_at", time_after),
    "other": read_other_fees,
}
CHANGE_KEYWORDS = (*CHANGE_WORDS, *STATUSES, *RECONCILIATIONS)


def read_break(tokens: Tokens) -> Json:
    """`break quantity AAPL 10 -> 9 remainder -1 seen 1 open`: ours, then theirs."""
    item: Json = {"kind": tokens.take(), **read_name(tokens, BREAK_KEYWORDS)}
    field = "average_price" if item["kind"] == "cost" else "quantity"
    if tokens.is_number() or tokens.peek() == UNKNOWN:
        item["ours"] = {field: tokens.take()}
        assert tokens.skip("->"), f"ours -> theirs: {tokens.line}"
        item["theirs"] = {field: tokens.take()}
    while tokens and tokens.peek() in BREAK_KEYWORDS:
        read_break_part(tokens, item, field)
    return item


def read_break_part(tokens: Tokens, item: Json, field: str) -> None:
    word = tokens.take()
    if word in BREAK_STATUSES:
        item["status"] = word
    elif word == "seen":
        item["seen"] = int(tokens.take())
    elif word == "before":
        item["before"] = {field: tokens.take()}
    elif word == "after":
        item["explanation"] = read_causes(tokens)
    else:
        item["remainder"] = tokens.take()


def read_causes(tokens: Tokens) -> list[Json]:
    """`after fill f1 -4, fill f2 -1`, `after nothing`."""
    causes: list[Json] = []
    if tokens.skip("nothing"):
        return causes
    while not causes or tokens.skip(","):
        cause, name, quantity = tokens.take(), tokens.take(), tokens.number()
        causes.append({"cause": cause, "id": name, "quantity": quantity})
    return causes


BREAK_KEYWORDS = ("remainder", "seen", "before", "after", UNKNOWN, *BREAK_STATUSES)


def read_error(tokens: Tokens) -> Json:
    """`error f1 "words of the message"`: the activity, the symbol or `row 3` it is about."""
    item: Json = {}
    if tokens.skip("row"):
        item["row"] = int(tokens.take())
    else:
        item["about"] = tokens.take()
    item["message"] = tokens.take() if tokens and tokens.peek() not in ENDS_OF_CLAUSE else ""
    return item


def read_list(tokens: Tokens) -> list[str]:
    """The names up to the end of the line; `nothing` is none."""
    names = [word for word in tokens.words if word not in (",", "nothing")]
    tokens.words.clear()
    return names


def read_alert(tokens: Tokens) -> Json:
    return {"kind": tokens.take(), "symbols": read_list(tokens)}


def read_book_row(tokens: Tokens) -> Json:
    """`book AAPL 6 @ 100.00 REDUCED SYNCED actual price 131.00 unrealized 186.00`."""
    if tokens.skip("nothing"):
        return {}
    row: Json = {"symbol": tokens.take()}
    if tokens.peek() in SIDES:
        row["side"] = tokens.take()
    row["quantity"] = tokens.number()
    while tokens and tokens.peek() not in ENDS_OF_CLAUSE:
        word = tokens.take()
        if word in STATUSES:
            row["status"] = word
        elif word in RECONCILIATIONS:
            row["reconciliation"] = word
        elif word in BASES:
            row["basis"] = word
        else:
            row[BOOK_WORDS[word]] = tokens.take()
    return row


BOOK_WORDS = {"@": "average_price", "price": "price", "unrealized": "unrealized_pnl"}


def read_ended(tokens: Tokens) -> Json:
    """`ended AAPL fill net 119.00 USD gross 120.00 fees 1.00`: an episode, with all it realized."""
    if tokens.skip("nothing"):
        return {}
    item: Json = {"symbol": tokens.take()}
    if tokens.peek() in SIDES:
        item["side"] = tokens.take()
    item["reason"] = tokens.take()
    while tokens and tokens.peek() not in ENDS_OF_CLAUSE:
        if tokens.peek() in ("opened", "at"):
            key = "opened_at" if tokens.take() == "opened" else "closed_at"
            item[key] = time_after(tokens)
        elif tokens.skip("other"):
            read_other_fees(tokens, item)
        elif tokens.skip("realized", "nothing"):
            item["realized"] = UNKNOWN
        else:
            parts = read_money_parts(tokens)
            currency = tokens.currency()
            assert parts or currency, f"not understood: {tokens.words} in: {tokens.line}"
            item.setdefault("realized", {}).update(
                parts | ({"currency": currency} if currency else {})
            )
    return item


def read_total(tokens: Tokens) -> Json:
    """`total USD net 119.00 gross 120.00 fees 1.00 complete`; `total nothing`."""
    if tokens.skip("nothing"):
        return {}
    currency = tokens.take()
    parts = read_money_parts(tokens)
    if "incomplete" in parts:
        parts["incomplete"] = bool(parts["incomplete"])
    return {currency: parts}


def read_listed(tokens: Tokens) -> Json:
    """`listed removed AAPL`: the names under created, updated or removed."""
    return {tokens.take(): read_list(tokens)}


CLAUSES: dict[str, tuple[str, Callable[[Tokens], Any]]] = {
    "break": ("breaks", read_break),
    "error": ("errors", read_error),
    "alert": ("alerts", read_alert),
    "no": ("no_alert", lambda tokens: tokens.skip("alert")),
    "book": ("book", read_book_row),
    "ended": ("closed", read_ended),
    "total": ("realized", read_total),
    "because": ("because", lambda tokens: tokens.take()),
    "marked": ("step", lambda tokens: {"marked": int(tokens.take())}),
    "unchanged": ("step", lambda tokens: {"unchanged": int(tokens.take())}),
    "events": ("step", lambda tokens: {"events": read_list(tokens)}),
    "listed": ("step", read_listed),
    "exit": ("exit", lambda tokens: int(tokens.take())),
    "nothing": ("nothing", lambda tokens: tokens.skip("else")),
    "and": ("more", lambda tokens: tokens.skip("more")),
}
ENDS_OF_CLAUSE = (*CLAUSES, *OUTCOMES, *KINDS, "tied", "not")


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
