"""The result of a step written in the language of scenarios, for failures that read well."""

from typing import Any

from scenario_lines import Json


def rendered(result: Json) -> list[str]:
    """The last step of a result, line by line, as a scenario would expect it."""
    step = result["steps"][-1]
    lines = [change_line(item) for item in step["changes"]]
    lines += [break_line(item) for item in step["breaks"]]
    lines += [error_line(item) for item in step["errors"]]
    lines += [f"alert {each['kind']} {' '.join(each['symbols'])}" for each in step["alerts"]]
    lines += [book_line(row) for row in result["book"]] or ["book nothing"]
    lines += [ended_line(episode) for episode in result["closed"]]
    lines += [total_line(*total) for total in result["realized"].items()]
    return [f"=> {line}" for line in [*lines, step_line(step)]]


def joined(*parts: Any) -> str:
    return " ".join(str(part) for part in parts if part)


def number(value: str | None) -> str:
    return "?" if value is None else value


def name(item: Json) -> str:
    return joined(quoted(item["symbol"] or ""), item.get("side"))


def quoted(text: str) -> str:
    return f'"{text}"' if " " in text else text


def step_line(step: Json) -> str:
    tied = {True: "tied out", False: "not tied out", None: "not judged"}[step["tied_out"]]
    counts = [f"{key} {step[key]}" for key in ("marked", "unchanged") if key in step]
    reason = [f'because "{step["reason"]}"'] if step["reason"] else []
    return joined(step["outcome"], tied, *counts, *reason)


def change_line(item: Json) -> str:
    why = f"reason {item['reason']}" if "reason" in item else ""
    was = f'was "{item["renamed_from"]}"' if "renamed_from" in item else ""
    opened = f"opened {item['opened_at']}" if "opened_at" in item else ""
    return joined(
        item["kind"], name(item), item["from"], "->", item["to"],
        f"@ {number(item['average_price'])}", item["status"], item["reconciliation"],
        realized_words(item["realized"]), base_words(item), other_words(item),
        f"by {' '.join(item['explained_by']) or 'nothing'}", why, was, opened,
    )  # fmt: skip


def realized_words(realized: Json | None) -> str:
    if realized is None:
        return "realized nothing"
    net = "incomplete" if realized["net"] is None else realized["net"]
    quality = "estimated" if realized["estimated"] else "final"
    return joined("realized", net, realized["currency"], quality, money_words(realized))


def money_words(figures: Json) -> str:
    names = ("gross", "fees", "funding", "income")
    parts = [f"{key} {number(figures[key])}" for key in names if key in figures]
    return f"({' '.join(parts)})"


def base_words(item: Json) -> str:
    base = item.get("base")
    if base is None:
        return ""
    parts = [f"{key} {base[key]}" for key in ("price", "exchange")]
    return joined("base", base["net"], base["currency"], *parts)


def other_words(item: Json) -> str:
    fees = item.get("other_fees", {}).items()
    return joined(*(f"other {amount} {currency}" for currency, amount in fees))


def break_line(item: Json) -> str:
    sides = ""
    if item["ours"] is not None and item["theirs"] is not None:
        ours, theirs = (next(iter(item[key].values())) for key in ("ours", "theirs"))
        currency = "currency " if list(item["ours"]) == ["currency"] else ""
        sides = f"{currency}{number(ours)} -> {number(theirs)}"
    before = item["before"] and f"before {number(next(iter(item['before'].values())))}"
    causes = [f"{each['cause']} {each['id']} {each['quantity']}" for each in item["explanation"]]
    after = f"after {', '.join(causes)}" if causes else ""
    remainder = f"remainder {item['remainder']}" if item["remainder"] is not None else ""
    seen = f"seen {item['seen']}"
    return joined(
        "break", item["kind"], name(item), sides, remainder, seen, item["status"], before, after
    )


def error_line(item: Json) -> str:
    about = quoted(item.get("activity") or item.get("symbol") or "")
    about = about or (f"row {item['row']}" if "row" in item else "run")
    return f'error {about} "{item["message"]}"'


def book_line(row: Json) -> str:
    return joined(
        "book", name(row), row["quantity"], f"@ {number(row['average_price'])}", row["status"],
        row["reconciliation"], row["basis"], f"price {number(row['price'])}",
        f"unrealized {number(row['unrealized_pnl'])}",
    )  # fmt: skip


def ended_line(item: Json) -> str:
    realized = item["realized"]
    if realized is None:
        money = "realized nothing"
    else:
        quality = "estimated" if realized["estimated"] else "final"
        quality += " incomplete" if realized.get("incomplete") else ""
        net = f"net {number(realized['net'])}"
        money = joined(net, realized["currency"], quality, money_words(realized))
    times = f"opened {item['opened_at']} at {item['closed_at']}"
    return joined(
        "ended", name(item), item["reason"], money, base_words(item), other_words(item), times
    )


def total_line(currency: str, figures: Json) -> str:
    complete = "incomplete" if figures["incomplete"] else "complete"
    return joined("total", currency, f"net {figures['net']}", money_words(figures), complete)
