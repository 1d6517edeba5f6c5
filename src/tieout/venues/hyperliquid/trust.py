"""Whether what is held follows from what happened since the last reading.

A state names no account, so a foreign or stale one can only be told by what it says. What does
not follow from anything is a bad row in an incomplete snapshot. A perpetual never changes without
a fill: one that does is not believed for a day, however often it is reported. A spot token
hardly changes without a fill or a row of the ledger (a loan's interest is small): it is believed
when the next reading says the same, as are perpetuals where fills were lost, or where no second
reading has agreed yet.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from decimal import Decimal

from tieout.core.numbers import exact, magnitude, multiply, plain, subtract
from tieout.venues.hyperliquid.fills import positions_after
from tieout.venues.hyperliquid.ledger import token_of
from tieout.venues.hyperliquid.markets import Markets, is_spot
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


def unexplained_first_positions(
    news: Sequence[FillRow], after: Mapping[str, str], unread: Collection[str]
) -> dict[str, str]:
    """The same in a first reading, of what has fills: what has none may be held for longer."""
    expected = {coin: plain(size) for coin, size in positions_after(news, held={}).items()}
    reported = {coin: after.get(coin, "0") for coin in expected}
    return unexplained_positions(expected, reported, expected.keys() & set(unread))


def unexplained_tokens(
    before: Mapping[str, str],
    after: Mapping[str, str],
    *,
    news: Iterable[FillRow],
    ledger: Iterable[LedgerRow],
    markets: Markets,
) -> dict[str, str]:
    """Spot balances that are another without anything that moved them, by their symbols."""
    pairs = [markets.pair(row.coin) for row in news if is_spot(row.coin)]
    moved = {token for pair in pairs if pair is not None for token in (pair.base, pair.quote)}
    moved |= {token for row in ledger if (token := token_of(row))}
    found = {}
    for token in sorted({*before, *after} - moved):
        ours, theirs = exact(before.get(token, "0")), exact(after.get(token, "0"))
        change = magnitude(subtract(theirs, ours))
        if multiply(change, INTEREST_SHARE) > magnitude(ours):
            found[markets.token(token).symbol] = (
                f"the balance of {token} went from {plain(ours)} to {plain(theirs)} without a fill "
                "or transfer: if the next reading says the same, it is believed"
            )
    return found
