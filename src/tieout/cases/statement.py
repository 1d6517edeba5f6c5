"""What came of a case, as a statement to be read in the morning: plain lines, no colour."""

from collections.abc import Iterable, Sequence

from tieout.cases.output import Json, time_text
from tieout.cases.running import Statement

INDENT = "  "
NOTHING_HAPPENED = "nothing changed"


def statement_text(statement: Statement) -> str:
    """The whole statement: the answer first, then each step, the book and the money."""
    result = statement.json()
    account = statement.case.account
    lines = [f"{account.id} at {account.venue}: {answer(result['tied_out'])}"]
    for number, (step, made) in enumerate(
        zip(statement.case.steps, result["steps"], strict=True), start=1
    ):
        lines += ["", f"Step {number}  {time_text(step.at)}  {step_title(made)}"]
        lines += indented(step_lines(made) or [NOTHING_HAPPENED])
    lines += ["", "Book", *indented(aligned(map(book_cells, result["book"])) or ["flat"])]
    if result["closed"]:
        lines += ["", "Closed", *indented(aligned(map(closed_cells, result["closed"])))]
    if result["realized"]:
        lines += ["", "Realized", *indented(aligned(map(total_cells, result["realized"].items())))]
    return "\n".join(line.rstrip() for line in lines) + "\n"


def answer(tied_out: bool | None) -> str:
    """Whether all is well, in words."""
    if tied_out is None:
        return "no snapshot to tie out to"
    return "tied out" if tied_out else "NOT tied out"


def step_title(step: Json) -> str:
    reason = f" ({step['reason']})" if step["reason"] else ""
    tied = "" if step["tied_out"] is None else f", {answer(step['tied_out'])}"
    return f"{step['outcome']}{reason}{tied}"


def step_lines(step: Json) -> list[str]:
    """What a step changed, where the broker disagrees, and what could not be used."""
    lines = aligned(map(change_cells, step["changes"]))
    lines += aligned(map(break_cells, step["breaks"]))
    lines += [error_line(error) for error in step["errors"]]
    lines += [f"alert      {each['kind']}: {', '.join(each['symbols'])}" for each in step["alerts"]]
    counts = [f"{step[name]} {name}" for name in ("marked", "unchanged") if step.get(name)]
    return lines + ([", ".join(counts)] if counts else [])


def change_cells(change: Json) -> list[str]:
    """One change: what it was, what it is, what it made and why."""
    average = f"@ {change['average_price']}" if change["average_price"] else ""
    why = [change["reason"]] if change.get("reason") else []
    why += [f"by {', '.join(change['explained_by'])}"] if change["explained_by"] else []
    if change.get("renamed_from"):
        why.append(f"was {change['renamed_from']}")
    return [
        change["kind"].ljust(9),
        name_of(change),
        f"{change['from']} -> {change['to']} {average}".strip(),
        f"{change['status']} {change['reconciliation']}",
        realized_words(change["realized"], change.get("other_fees")) + base_words(change),
        ", ".join(why),
    ]


def break_cells(found: Json) -> list[str]:
    """One break: theirs against ours, what explains a part, and since when it is seen."""
    causes = [f"{each['cause']} {each['id']} {each['quantity']}" for each in found["explanation"]]
    seen = f"seen {found['seen']}" if found["seen"] else "not counted"
    return [
        "break".ljust(9),
        name_of(found) if found["symbol"] else "-",
        found["kind"].replace("_", " "),
        f"ours {side_words(found['ours'])}, theirs {side_words(found['theirs'])}"
        if found["ours"] or found["theirs"]
        else "",
        f"remainder {found['remainder']}" if found["remainder"] is not None else "",
        f"after {', '.join(causes)}" if causes else "",
        f"{found['status']}, {seen}",
    ]


def side_words(fields: Json | None) -> str:
    """What one side of a break says."""
    if not fields:
        return "nothing"
    return " ".join(
        f"{name} {value}"
        if name in ("multiplier", "currency")
        else "not reported"
        if value is None
        else value
        for name, value in fields.items()
    )


def error_line(error: Json) -> str:
    """One thing that could not be used, with the place it came from."""
    place = [error.get("symbol"), error.get("activity")]
    if "row" in error:
        place.append(f"row {error['row']}")
    return f"error      {' '.join(part for part in place if part)}: {error['message']}"


def book_cells(row: Json) -> list[str]:
    """One open position, with what it would make at the last price."""
    average = f"@ {row['average_price']}" if row["average_price"] else "cost not known"
    price = f"price {row['price']}" if row["price"] else "no price"
    unrealized = f"unrealized {row['unrealized_pnl']}" if row["unrealized_pnl"] else ""
    state = f"{row['status']} {row['reconciliation']}"
    return [name_of(row), f"{row['quantity']} {average}", state, price, unrealized]


def closed_cells(episode: Json) -> list[str]:
    """One position that ended, with all that it made."""
    return [
        name_of(episode),
        f"{episode['opened_at']} to {episode['closed_at']}",
        episode["reason"],
        realized_words(episode["realized"], episode.get("other_fees")) + base_words(episode),
    ]


def total_cells(total: tuple[str, Json]) -> list[str]:
    """What the file realized in one currency."""
    currency, figures = total
    return [currency, *money_words(figures)]


def realized_words(realized: Json | None, other_fees: Json | None = None) -> str:
    """Realized money as net, with the parts behind it."""
    parts = []
    if realized is not None:
        net, *rest = money_words(realized)
        note = " estimated" if realized["estimated"] else ""
        parts.append(" ".join(["realized", net, realized["currency"] + note, *rest]))
    parts += [f"fees {fee} {currency}" for currency, fee in (other_fees or {}).items()]
    return ", ".join(parts)


def base_words(item: Json) -> str:
    """The net of a change or an episode in the account's own currency, where it is known."""
    base = item.get("base")
    if base is None:
        return ""
    return (
        f", {base['net']} {base['currency']} (price {base['price']}, exchange {base['exchange']})"
    )


def money_words(figures: Json) -> list[str]:
    """Net, then gross and fees, then what stands apart from them."""
    parts = [f"gross {figures['gross'] or 'not known'}", f"fees {figures['fees']}"]
    parts += [f"{name} {figures[name]}" for name in ("funding", "income") if name in figures]
    words = [figures["net"] or "not known", f"({', '.join(parts)})"]
    return [*words, "incomplete"] if figures.get("incomplete") else words


def name_of(item: Json) -> str:
    return f"{item['symbol']} {item['side']}" if item.get("side") else str(item["symbol"])


def aligned(rows: Iterable[Sequence[str]]) -> list[str]:
    """Rows of cells as lines whose columns stand under each other; empty columns are left out."""
    table = [list(row) for row in rows]
    columns = max(map(len, table), default=0)
    padded = [row + [""] * (columns - len(row)) for row in table]
    widths = [max(len(row[column]) for row in padded) for column in range(columns)]
    kept = [column for column in range(columns) if widths[column]]
    return [
        INDENT.join(row[column].ljust(widths[column]) for column in kept).rstrip() for row in padded
    ]


def indented(lines: Iterable[str]) -> list[str]:
    return [INDENT + line for line in lines]
