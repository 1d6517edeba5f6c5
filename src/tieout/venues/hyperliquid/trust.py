"""Whether what is held follows from what happened since the last reading.

A state names no account, so a foreign or stale one can only be told by what it says. What does
not follow from anything is a bad row in an incomplete snapshot. A perpetual never changes without
a fill: one that does is not believed for a day, however often it is reported. A spot token
hardly changes without a fill or a row of the ledger (a loan's interest is small): it is believed
when the next reading says the same, as are perpetuals where fills were lost, or where no second
reading has agreed yet: then one that is as far from its fills as the reading before had it.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from decimal import Decimal

from tieout.core.numbers import ZERO, add, exact, magnitude, multiply, negate, plain, subtract
from tieout.venues.http.bodies import number
from tieout.venues.hyperliquid.fills import positions_after, quantity_of
from tieout.venues.hyperliquid.ledger import token_of
from tieout.venues.hyperliquid.markets import MONEY, Markets, is_spot
from tieout.venues.hyperliquid.rows import FillRow, LedgerRow
from tieout.venues.moments import moment_of

INTEREST_SHARE = Decimal(100)  # one part in so many


def expected_positions(before: Mapping[str, str], news: Sequence[FillRow]) -> dict[str, str]:
    """The sizes that the last fills left."""
    left = positions_after(news, held={coin: exact(size) for coin, size in before.items()})
    return {coin: plain(size) for coin, size in left.items() if size}


def lost_fills(rows: Sequence[FillRow], *, since: int) -> str:
    """Words for more fills than are listed between two readings."""
    first = min(row.time for row in rows)
    return (
        f"missing_fills: those after {moment_of(since).isoformat()} and before "
        f"{moment_of(first).isoformat()} are no longer listed, as only the latest 10,000 are; "
        "quantities follow the venue, what the lost fills earned and cost is not known: export "
        "them at Hyperliquid, and have this account read more often"
    )


def unexplained_positions(
    expected: Mapping[str, str], after: Mapping[str, str], unread: Collection[str]
) -> dict[str, str]:
    """Perpetuals whose size is not what their last fills left, each with words for it.

    `unread` are those that are reported without a size, which is not 0.
    """
    found = {}
    for coin in sorted({*expected, *after, *unread}):
        ours, theirs = expected.get(coin, "0"), after.get(coin, "0")
        if coin in unread:
            found[coin] = f"{coin} is reported without a size, and its fills leave {ours}"
        elif exact(ours) != exact(theirs):
            found[coin] = (
                f"{coin} is reported as {theirs}, but its fills leave {ours}: it is not believed "
                "until its fills say so too, or a day has gone by"
            )
    return found


def unexplained_tokens(
    before: Mapping[str, str],
    after: Mapping[str, str],
    *,
    news: Sequence[FillRow],
    ledger: Iterable[LedgerRow],
    markets: Markets,
) -> dict[str, str]:
    """Spot balances that are another without anything that moved them, each with words for it."""
    expected = _after_fills(before, news, markets)
    moved = {token for row in ledger if (token := token_of(row))}
    found = {}
    for token in sorted({*expected, *after} - moved - _begun_elsewhere(before, news, markets)):
        held, left = exact(before.get(token, "0")), expected.get(token, ZERO)
        theirs = exact(after.get(token, "0"))
        scale = max(magnitude(held), magnitude(left))
        if multiply(magnitude(subtract(theirs, left)), INTEREST_SHARE) > scale:
            found[token] = (
                f"the balance of {token} went from {plain(held)} to {plain(theirs)} without a fill "
                "or transfer: if the next reading says the same, it is believed"
            )
    return found


def _begun_elsewhere(
    before: Mapping[str, str], news: Iterable[FillRow], markets: Markets
) -> set[str]:
    """Tokens whose first fill does not start where the last reading left them: a late one."""
    first: dict[str, Decimal | None] = {}
    for row in news:
        pair = markets.pair(row.coin)
        if is_spot(row.coin) and pair is not None:
            first.setdefault(pair.base, number(row.start))
    return {
        token
        for token, start in first.items()
        if start is not None and start != exact(before.get(token, "0"))
    }


def expected_tokens(
    before: Mapping[str, str], news: Iterable[FillRow], markets: Markets
) -> dict[str, str]:
    """The spot balances that the last fills left."""
    left = _after_fills(before, news, markets)
    return {token: plain(total) for token, total in left.items() if total}


def _after_fills(
    before: Mapping[str, str], news: Iterable[FillRow], markets: Markets
) -> dict[str, Decimal]:
    """What fills of pairs leave of balances: a fee in a coin comes out of it."""
    left = {token: exact(total) for token, total in before.items()}
    for row in news:
        pair, size, price = markets.pair(row.coin), quantity_of(row), number(row.px)
        if not is_spot(row.coin) or pair is None or size is None or price is None:
            continue
        moves = [(pair.base, size), (pair.quote, negate(multiply(size, price)))]
        moves += [(row.fee_token or "", negate(number(row.fee) or ZERO))]
        for token, quantity in moves:
            if token and token not in MONEY:
                left[token] = add(left.get(token, ZERO), quantity)
    return left
