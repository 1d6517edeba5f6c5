"""`tieout pnl`: realized money over a time, currencies apart."""

from collections.abc import Iterable
from typing import TYPE_CHECKING, Annotated, Any, Literal

import typer

from tieout.cli.frame import AsJson, OfAccount, reading_desk
from tieout.cli.output import console, write_json

if TYPE_CHECKING:
    from tieout.core.book import Account
    from tieout.core.instrument import LedgerId
    from tieout.core.pnl import BaseFigure, BaseSum, Figures
    from tieout.core.position import Ledger
    from tieout.ports import Realized
    from tieout.wiring import Desk

By = Literal["day", "symbol", "account"]
# Key and currency to the figures, how many estimated closings are among them, and base currency.
Sums = dict[tuple[str, str], "tuple[Figures, int, BaseSum]"]


def pnl(
    context: typer.Context,
    start: Annotated[
        str | None, typer.Option("--from", metavar="TIME", help="From this day or time on.")
    ] = None,
    end: Annotated[
        str | None,
        typer.Option("--to", metavar="TIME", help="Up to this day, all of it, or this time."),
    ] = None,
    known_at: Annotated[
        str | None, typer.Option("--known-at", metavar="TIME", help="As we knew it then.")
    ] = None,
    by: Annotated[By, typer.Option("--by", help="One line for each.")] = "day",
    account: OfAccount = None,
    as_json: AsJson = False,
) -> None:
    """Realized profit and loss over a time, currencies apart.

    What could not be computed (no cost, no price) is said and left out of the sums.

    Examples:

    tieout pnl

    tieout pnl --from 2026-11-01 --to 2026-11-30 --by symbol

    tieout pnl --by account --json
    """
    from tieout.cli import moments
    from tieout.core.errors import SettingsError

    since = moments.start_of(start, "--from") if start is not None else None
    until = moments.end_before(end, "--to") if end is not None else None
    known = moments.end_of(known_at, "--known-at") if known_at is not None else None
    if since is not None and until is not None and since >= until:
        raise SettingsError(f"--from: {start} is after --to {end}; nothing can lie between")
    with reading_desk(context) as opened:
        accounts = (
            [opened.account(account)] if account is not None else list(opened.store.accounts())
        )
        sums: Sums = {}
        for each in accounts:
            lines = opened.store.realized(each.id, since=since, until=until, known_at=known)
            _add(sums, _keyed(opened, each, lines, by=by))
        if as_json:
            write_json(_json(sums, by=by, since=since, until=until))
        else:
            _show(sums, by=by)


def _keyed(
    opened: "Desk", account: "Account", lines: "Iterable[Realized]", *, by: By
) -> "Iterable[tuple[str, Realized]]":
    """Each line with the day, symbol or account it belongs to."""
    ledgers = opened.store.load(account).book.ledgers
    name = opened.name_of(account.id)
    for line in lines:
        match by:
            case "day":
                yield line.happened_at.astimezone().date().isoformat(), line
            case "symbol":
                yield _symbol(ledgers.get(line.ledger), line.ledger), line
            case "account":
                yield name, line


def _symbol(ledger: "Ledger | None", key: "LedgerId") -> str:
    if ledger is None:
        return key
    return f"{ledger.instrument.symbol} {ledger.side or ''}".rstrip()


def _add(sums: Sums, lines: "Iterable[tuple[str, Realized]]") -> None:
    from tieout.core.pnl import NO_FIGURES, BaseSum

    for key, line in lines:
        none = (NO_FIGURES, 0, BaseSum())
        known, estimates, base = sums.get((key, line.currency), none)
        if line.is_estimated:
            estimates += line.figures.closings  # one that was replaced is taken back: -1
        base = base.plus(line.figures, line.base)
        sums[key, line.currency] = (known.plus(line.figures), estimates, base)


def _json(sums: Sums, *, by: By, since: Any, until: Any) -> dict[str, Any]:
    from tieout.wiring.material import base_json

    rows = [
        {by: key, "currency": currency, **_figures(figures), "estimated": estimates > 0}
        | base_json(base.known)
        for (key, currency), (figures, estimates, base) in _sorted(sums)
    ]
    totals = {currency: _figures(figures) for currency, figures in _totals(sums).items()}
    return {"from": since, "to": until, "by": by, "rows": rows, "totals": totals}


def _figures(figures: "Figures") -> dict[str, Any]:
    from decimal import Decimal

    return {
        "gross": Decimal(figures.gross.text()),
        "fees": Decimal(figures.fees.text()),
        "net": Decimal(figures.net.text()),
        "funding": figures.funding,
        "income": figures.income,
        "closings": figures.closings,
        "incomplete": figures.unknown,
    }


def _sorted(sums: Sums) -> "list[tuple[tuple[str, str], tuple[Figures, int, BaseSum]]]":
    return sorted(sums.items(), key=lambda item: item[0])


def _totals(sums: Sums) -> "dict[str, Figures]":
    totals: dict[str, Figures] = {}
    for (_, currency), (figures, _, _) in _sorted(sums):
        totals[currency] = totals[currency].plus(figures) if currency in totals else figures
    return totals


def _show(sums: Sums, *, by: By) -> None:
    from tieout.cli import tables

    if not sums:
        console().print("Nothing was realized in this time.")
        return
    title = {"day": "Day", "symbol": "Symbol", "account": "Account"}[by]
    made = tables.table(title, ">Gross", ">Fees", ">Net", ">Funding", ">Income", "Currency", "Note")
    for (key, currency), (figures, estimates, base) in _sorted(sums):
        is_estimated = estimates > 0
        made.add_row(*_cells(key, figures, currency, is_estimated=is_estimated, base=base.known))
    made.add_section()
    estimated = {currency for (_, currency), (_, estimates, _) in sums.items() if estimates > 0}
    for currency, figures in _totals(sums).items():
        cells = _cells("Sum", figures, currency, is_estimated=currency in estimated)
        made.add_row(*cells, style="bold")
    console().print(made)


def _cells(
    key: str,
    figures: "Figures",
    currency: str,
    *,
    is_estimated: bool,
    base: "BaseFigure | None" = None,
) -> list[Any]:
    from tieout.cli import tables
    from tieout.cli.words import base_words, clean, count, money

    net = figures.net.value
    notes = [count(figures.unknown, "closing") + " not known"] if figures.unknown else []
    notes += ["partly estimated"] if is_estimated else []
    notes += [base_words(base)] if base is not None else []
    style = "green" if net > 0 else "red" if net < 0 else ""
    return [
        tables.text(clean(key)),
        tables.text(money(figures.gross.value, of=currency)),
        tables.text(money(figures.fees.value, of=currency, is_signed=False)),
        tables.text(money(net, of=currency), style),
        tables.text(money(figures.funding, of=currency) if figures.funding else ""),
        tables.text(money(figures.income, of=currency) if figures.income else ""),
        tables.text(currency),
        tables.text(", ".join(notes)),
    ]
