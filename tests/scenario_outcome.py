"""The lines of a scenario that say what is expected: each a part of the result of a step."""

from collections.abc import Callable
from typing import Any

from scenario_lines import SIDES, STATUSES, Json, Tokens, time_after

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


def read_base(tokens: Tokens, item: Json) -> None:
    """`base 1100 USD price 600 exchange 500`; `base nothing`."""
    if tokens.skip("nothing"):
        item["base"] = UNKNOWN
        return
    base = item["base"] = {"net": tokens.number(), "currency": tokens.take()}
    while tokens.peek() in ("price", "exchange"):
        name = tokens.take()
        base[name] = tokens.number()


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
    "base": read_base,
}
CHANGE_KEYWORDS = (*CHANGE_WORDS, *STATUSES, *RECONCILIATIONS)


def read_break(tokens: Tokens) -> Json:
    """`break quantity AAPL 10 -> 9 remainder -1 seen 1 open`: ours, then theirs.

    Of a reference break the multiplier, or `currency USD -> EUR`.
    """
    item: Json = {"kind": tokens.take(), **read_name(tokens, BREAK_KEYWORDS)}
    field = {"cost": "average_price", "reference": "multiplier"}.get(item["kind"], "quantity")
    if tokens.skip("currency"):
        field = "currency"
    if field == "currency" or tokens.is_number() or tokens.peek() == UNKNOWN:
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
    """`error f1 "words of the message"`: about an activity, symbol, `row 3` or the whole `run`."""
    item: Json = {}
    if tokens.skip("row"):
        item["row"] = int(tokens.take())
    elif not tokens.skip("run"):
        item["about"] = tokens.take()
    item["message"] = tokens.take() if tokens and tokens.peek() not in ENDS_OF_CLAUSE else ""
    return item


def read_list(tokens: Tokens) -> list[str]:
    """The names up to the next expectation; `nothing` is none."""
    names: list[str] = []
    while tokens and tokens.peek() not in (*OUTCOMES, *ENDS_OF_LIST):
        names.append(tokens.take())
    return [name for name in names if name not in (",", "nothing")]


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
        elif tokens.skip("base"):
            read_base(tokens, item)
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
ENDS_OF_LIST = ("and", "tied", "not", "listed", "book", "ended", "total", "no", "break", "alert")
ENDS_OF_CLAUSE = (*CLAUSES, *OUTCOMES, *KINDS, "tied", "not")
