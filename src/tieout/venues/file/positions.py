"""Rows of a statement as holdings. A wrong number is the row's problem, with line and column."""

from collections.abc import Mapping, Sequence
from datetime import datetime

from tieout.bulk.exact import NUMBER_ALLOWED, is_number, shortened
from tieout.bulk.sheet import Side
from tieout.cases.rows import SIDES
from tieout.cases.steps import HOLDING_NUMBERS, HOLDING_TEXTS
from tieout.core.instrument import ASSET_CLASSES
from tieout.core.snapshot import Holding
from tieout.venues.file.contents import Contents, Name
from tieout.venues.file.moments import MomentFault, moment_of
from tieout.venues.file.options import Options
from tieout.venues.file.sheets import columns_of, require

COLUMNS = ("account", "as_of", *HOLDING_TEXTS, *HOLDING_NUMBERS)
NEEDED = ("symbol", "quantity")
NOT_REPORTED = ("", "nan", "null", "none", "n/a")
LONG = ("long", "buy", "b", "l")
SHORT = ("short", "sell", "s")

Cells = Mapping[str, str]


def positions_in(side: Side, options: Options, *, written_at: datetime) -> Contents:
    """Every row of a statement. Raises FileFault where the file as a whole cannot be read."""
    if side.columns is None:
        return Contents()  # a list without any object
    columns = columns_of(side, COLUMNS)
    require(side, NEEDED, COLUMNS)
    accounts: set[str] = set()
    holdings: list[tuple[Name, Holding]] = []
    told_at: list[tuple[Name, datetime]] = []
    for at, texts in side.rows(columns):
        cells = dict(zip(columns, map(str.strip, texts), strict=True))
        name = _account(side, at, cells)
        if name is not None:
            accounts.add(name)
        if cells.get("as_of"):
            try:
                told = moment_of(cells["as_of"], zone=options.zone, written_at=written_at)
            except MomentFault as fault:
                raise side.fault(str(fault), at=at, columns=["as_of"]) from None
            told_at.append((name, told))
        holdings.append((name, _holding(side, at, cells, options)))
    return Contents(
        accounts=frozenset(accounts),
        holdings=tuple(holdings),
        told_at=tuple(told_at),
        ignored=_left_over(side, columns),
    )


def _account(side: Side, at: int, cells: Cells) -> Name:
    if "account" not in cells:
        return None
    if not cells["account"]:
        raise side.fault("the row names no account", at=at, columns=["account"])
    return cells["account"]


def _holding(side: Side, at: int, cells: Cells, options: Options) -> Holding:
    problem = _problem(side, at, cells)
    if problem is not None:
        return Holding(cells["symbol"], problem=problem)
    numbers = {name: _number(cells.get(name)) for name in HOLDING_NUMBERS}
    texts = {name: cells.get(name) or None for name in HOLDING_TEXTS if name != "symbol"}
    for name in ("side", "asset_class"):
        texts[name] = texts[name] and texts[name].lower()  # type: ignore[union-attr]
    if options.sign == "side":
        return _signed_by_side(side, at, cells, numbers, texts)
    if texts["side"] not in (None, *SIDES):
        message = f"{shortened(cells['side'])} is not one of {', '.join(SIDES)}"
        return Holding(cells["symbol"], problem=_said(side, at, "side", message))
    return Holding(symbol=cells["symbol"], **numbers, **texts)  # type: ignore[arg-type]


def _signed_by_side(
    side: Side,
    at: int,
    cells: Cells,
    numbers: dict[str, str | None],
    texts: dict[str, str | None],
) -> Holding:
    """The quantity with the sign of its side, which then is no leg of its own."""
    word, quantity = texts.pop("side", None), numbers.pop("quantity") or ""
    is_negative = quantity.startswith("-")
    if word not in (*LONG, *SHORT):
        message = f"{shortened(cells.get('side', ''))} is neither long nor short"
        return Holding(cells["symbol"], problem=_said(side, at, "side", message))
    if is_negative and word in LONG:
        message = f"{quantity} is negative, but the side is {word}"
        return Holding(cells["symbol"], problem=_said(side, at, "quantity", message))
    if word in SHORT and not is_negative:
        quantity = f"-{quantity.removeprefix('+')}"
    return Holding(cells["symbol"], quantity, **numbers, **texts)  # type: ignore[arg-type]


def _problem(side: Side, at: int, cells: Cells) -> str | None:
    """Why a row cannot be used."""
    if not cells["symbol"]:
        return _said(side, at, "symbol", "the row has no symbol")
    if _number(cells["quantity"]) is None:
        return _said(side, at, "quantity", "is not reported, which is not 0")
    for name in HOLDING_NUMBERS:
        text = _number(cells.get(name))
        if text is not None and not is_number(text):
            return _said(side, at, name, f"{shortened(text)} is no number; {NUMBER_ALLOWED}")
    asset_class = cells.get("asset_class", "")
    if asset_class and asset_class.lower() not in ASSET_CLASSES:
        allowed = ", ".join(ASSET_CLASSES)
        return _said(side, at, "asset_class", f"{shortened(asset_class)} is not one of {allowed}")
    return None


def _number(text: str | None) -> str | None:
    return None if text is None or text.lower() in NOT_REPORTED else text


def _said(side: Side, at: int, column: str, message: str) -> str:
    return str(side.fault(message, at=at, columns=[column]))


def _left_over(side: Side, used: Sequence[str]) -> tuple[str, ...]:
    rest = [name for name in side.columns or () if name not in used]
    return (f"{side.name}: columns not used: {', '.join(rest)}",) if rest else ()
