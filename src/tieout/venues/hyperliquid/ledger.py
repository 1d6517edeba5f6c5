"""Funding payments and transfers as activities.

Of the transfers only those of spot tokens move a position; money (USDC and other dollars) does
not. A token that arrives has no cost: what Hyperliquid takes as its worth is its own price.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from decimal import Decimal

from tieout.core.activity import Activity, ActivityId
from tieout.core.numbers import ZERO, add, multiply, negate, subtract
from tieout.venues.http.bodies import number
from tieout.venues.http.scrub import shown
from tieout.venues.hyperliquid.fills import Translated, quantity_of
from tieout.venues.hyperliquid.markets import MONEY, Markets
from tieout.venues.hyperliquid.rows import FillRow, FundingRow, LedgerRow
from tieout.venues.moments import moment_of

BACKSTOP = "backstop"
SPOT = "spot"  # how `send` names the spot side of an account, beside the dexes


def funding(rows: Iterable[FundingRow], *, markets: Markets) -> Translated:
    """Each payment as an activity: received is positive, paid is negative."""
    found = Translated()
    for row in rows:
        cash = number(row.usdc)
        if cash is None:
            found.problems.append(
                f"funding of {shown(row.coin)} at {row.time} cannot be read: {row.usdc!r}"
            )
            continue
        listed = markets.perpetual(row.coin)
        found.instruments[listed.symbol] = listed
        found.activities.append(
            Activity(
                id=ActivityId(f"funding/{row.time}/{row.coin}"),
                type="funding",
                symbol=listed.symbol,
                at=moment_of(row.time),
                cash=cash,
                currency=listed.currency,
            )
        )
    return found


def transfers(
    rows: Iterable[LedgerRow], *, user: str, markets: Markets, backstops: Sequence[FillRow]
) -> Translated:
    """What came and went without a trade. `backstops` are the fills of such liquidations."""
    found = Translated()
    money: Counter[str] = Counter()
    for row in rows:
        token = token_of(row)
        if row.kind == "liquidation":
            _liquidation(row, markets, backstops, found)
        elif token is None or token in MONEY:
            money[row.kind] += 1
        else:
            _transfer(row, token, user, markets, found)
    if money:
        listed = ", ".join(f"{count} {shown(kind)}" for kind, count in sorted(money.items()))
        found.ignored.append(f"movements of money, which is no position: {listed}")
    return found


def token_of(row: LedgerRow) -> str | None:
    """The token that a row is about, without the id that some rows have behind its name."""
    return row.text("token").partition(":")[0] or None


def _transfer(row: LedgerRow, token: str, user: str, markets: Markets, found: Translated) -> None:
    amount = number(row.text("amount"))
    direction = MOVES.get(row.kind)
    if direction is None or amount is None:
        found.ignored.append(
            f"a movement of {shown(token)} of the unknown kind {shown(row.kind)!r} at {row.time}: "
            "the balance says what it did"
        )
        return
    quantity = direction(row, amount, user)
    if not quantity:
        return
    listed = markets.token(token)
    found.instruments[listed.symbol] = listed
    found.activities.append(
        Activity(
            id=ActivityId(f"ledger/{row.time}/{row.hash}/{row.kind}/{token}/{row.text('nonce')}"),
            type="transfer",
            symbol=listed.symbol,
            at=moment_of(row.time),
            quantity=quantity,
        )
    )


def _came(row: LedgerRow, amount: Decimal, user: str) -> Decimal:
    del row, user  # it is always ours, and always comes
    return amount


def _went(row: LedgerRow, amount: Decimal, user: str) -> Decimal:
    del row, user
    return negate(amount)


def _staked(row: LedgerRow, amount: Decimal, user: str) -> Decimal:
    """To the staking balance, which is not spot, or back from it."""
    del user
    return negate(amount) if row.text("isDeposit") == "true" else amount


def _sent(row: LedgerRow, amount: Decimal, user: str) -> Decimal:
    """Between two accounts, or between spot and a dex of one; the sender pays the fee."""
    is_from_us = row.text("user").lower() == user and _is_spot_side(row, "sourceDex")
    is_to_us = row.text("destination").lower() == user and _is_spot_side(row, "destinationDex")
    received = amount if is_to_us else ZERO
    if not is_from_us:
        return received
    has_fee = row.text("feeToken") == token_of(row)
    fee = (number(row.text("fee")) if has_fee else None) or ZERO
    return subtract(subtract(received, amount), fee)


def _is_spot_side(row: LedgerRow, name: str) -> bool:
    """Whether an end of a transfer is the spot side; older rows have no other."""
    return row.kind != "send" or row.text(name) == SPOT


MOVES: Mapping[str, Callable[[LedgerRow, Decimal, str], Decimal]] = {
    "spotTransfer": _sent,
    "send": _sent,
    "spotGenesis": _came,
    "rewardsClaim": _came,
    "cStakingTransfer": _staked,
    "accountActivationGas": _went,
    "deployGasAuction": _went,
}


def _liquidation(
    row: LedgerRow, markets: Markets, backstops: Sequence[FillRow], found: Translated
) -> None:
    """The margin that a backstop liquidation takes beside what its fills realize.

    The liquidator takes over whole positions with their margin, those in cross margin all
    together (documentation, liquidations). A liquidation in the market takes nothing beyond its
    fills.
    """
    fills = [fill for fill in backstops if fill.time == row.time and fill.coin in row.coins]
    worth = number(row.text("accountValue"))
    if worth is None or not fills or not all(_is_taken_over(coin, fills) for coin in row.coins):
        return
    lost = worth
    for fill in fills:
        lost = add(lost, _worth_between_mark_and_price(fill))
    if lost <= ZERO:
        return  # nobody has to pay more than there is
    listed = markets.perpetual(row.coins[0])
    found.instruments[listed.symbol] = listed
    found.activities.append(
        Activity(
            id=ActivityId(f"liquidation_loss/{row.time}/{row.hash}"),
            type="fee",
            symbol=listed.symbol,
            at=moment_of(row.time),
            cash=negate(lost),
            currency=listed.currency,
        )
    )


def _is_taken_over(coin: str, fills: Iterable[FillRow]) -> bool:
    """Whether the fills of a coin close it: one of them starts at what all of them close."""
    own = [fill for fill in fills if fill.coin == coin]
    closed = ZERO
    for fill in own:
        closed = subtract(closed, quantity_of(fill) or ZERO)
    return bool(closed) and closed in {number(fill.start) for fill in own}


def _worth_between_mark_and_price(fill: FillRow) -> Decimal:
    """What a position is worth more at the price of its fill than at the mark, at which it counts.

    >>> _worth_between_mark_and_price(
    ...     FillRow(time=0, coin="DOGE", side="A", sz="5000", px="0.182", liquidation_mark="0.19")
    ... )
    Decimal('-40.000')
    """
    quantity, price, mark = quantity_of(fill), number(fill.px), number(fill.liquidation_mark)
    if quantity is None or price is None or mark is None:
        return ZERO
    return multiply(quantity, subtract(mark, price))
