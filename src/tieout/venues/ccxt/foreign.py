"""Whether an answer is about what was asked: rows of another kind of market prove nothing."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from tieout.venues.ccxt.failures import decoded
from tieout.venues.ccxt.quirks import Echo, at_path
from tieout.venues.ccxt.sdk import Asked, Heard
from tieout.venues.ccxt.values import Row

Parameters = Mapping[str, object]
CONTRACTS = ("swap", "future")  # which exchanges tell together


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """The rows that came for a question, and what was really asked for them on the wire."""

    words: str
    parameters: Parameters
    asked: Asked | None
    rows: Sequence[Row]


def is_asked(market: Row, parameters: Parameters, *, settle: str | None = None) -> bool:
    """Whether a market is of the kind that a question names. `settle` is what it calls the coin.

    >>> is_asked({"type": "future", "inverse": True}, {"type": "swap", "subType": "inverse"})
    True
    >>> is_asked({"type": "swap", "inverse": False}, {"type": "swap", "subType": "inverse"})
    False
    """
    kind, sub = parameters.get("type"), parameters.get("subType")
    coin = parameters.get(settle) if settle is not None else None
    if kind is not None and _family(market.get("type")) != _family(kind):
        return False
    if sub is not None and bool(market.get("inverse")) != (sub == "inverse"):
        return False
    return coin is None or coin in (market.get("settleId"), market.get("settle"))


def _family(kind: object) -> str:
    if kind in CONTRACTS:
        return "contract"
    return "option" if kind == "option" else "coin"


def own_rows(
    answers: Sequence[Told], markets: Mapping[str, Row], *, settle: str | None
) -> tuple[list[Row], list[str]]:
    """The rows that were asked for, and in words which answers had others.

    Where ccxt asks the same on the wire for two questions, one answer is about both.
    """
    rows: list[Row] = []
    problems: list[str] = []
    for told in answers:
        about = [
            each.parameters for each in answers if each is told or _is_same(each.asked, told.asked)
        ]
        strangers = [row for row in told.rows if _is_strange(row, about, markets, settle)]
        rows += [row for row in told.rows if row not in strangers]
        if strangers:
            names = ", ".join(dict.fromkeys(str(row["symbol"]) for row in strangers))
            count = f"{len(strangers)} row{'s' * (len(strangers) > 1)}"
            problems.append(f"{told.words}: {count} of something else, {names}")
    return rows, problems


def _is_same(one: Asked | None, other: Asked | None) -> bool:
    return one is not None and one == other


def _is_strange(
    row: Row, about: Iterable[Parameters], markets: Mapping[str, Row], settle: str | None
) -> bool:
    market = markets.get(str(row.get("symbol")))
    if market is None:
        return False  # a problem of its own
    return not any(is_asked(market, each, settle=settle) for each in about)


def other_subject(heard: Iterable[Heard], echo: Echo | None) -> str | None:
    """In words, where a reply says that it is about something else than was asked."""
    for each in heard if echo is not None else ():
        assert echo is not None
        wanted = dict(each.asked.pairs).get(echo.name)
        said = at_path(decoded(each.body), echo.path)
        if wanted is not None and said is not None and said != wanted:
            return f"the reply of {each.place} is about {said}, asked was {wanted}"
    return None
