"""What trades at Hyperliquid: which instrument a coin, pair or token is, and in which money.

| what Hyperliquid writes | instrument |
|---|---|
| `BTC`, `kPEPE` | perpetual `BTC` in USD |
| `xyz:TSLA` | perpetual of the builder dex `xyz`, in what is its collateral |
| token `HYPE`, pairs `@107` and `HYPE/USDC` | spot `HYPE/USDC`, apart from the perpetual `HYPE` |
| token `+10`, pair `#10` | one side of an outcome market, in USDH |

USDC counts as the dollar. Dollar tokens are money and no positions: with a unified account they
take in profits and funding, so that no activity would account for them.
"""

from collections.abc import Iterable
from dataclasses import dataclass

from tieout.core.instrument import Instrument
from tieout.venues.http.together import together
from tieout.venues.http.trace import Trace
from tieout.venues.hyperliquid.exchange import Calls, Question
from tieout.venues.hyperliquid.rows import PerpTable, SpotTable
from tieout.venues.hyperliquid.wire import perps_in, spot_in

USDC = "USDC"
DOLLAR = "USD"
MONEY = (USDC, "USDT0", "USDH", "USDE")
OUTCOMES_ARE_PAID_IN = "USDH"
PRICE_DECIMALS = 6  # of a perpetual, less its szDecimals: API documentation, tick and lot size
MAIN_DEX = ""


def currency_of(token: str) -> str:
    """The currency that a token stands for.

    >>> currency_of("USDC"), currency_of("USDH")
    ('USD', 'USDH')
    """
    return DOLLAR if token == USDC else token


def dex_of(coin: str) -> str:
    """The builder dex of a perpetual; the main one has no name.

    >>> dex_of("xyz:TSLA"), dex_of("BTC")
    ('xyz', '')
    """
    dex, colon, _ = coin.partition(":")
    return dex if colon else MAIN_DEX


def is_spot(coin: str) -> bool:
    """Whether a fill's coin is a spot pair or outcome: PURR/USDC, @107 or #10."""
    return coin.startswith(("@", "#")) or "/" in coin


@dataclass(frozen=True, slots=True, kw_only=True)
class Pair:
    """The two tokens of a spot pair."""

    base: str
    quote: str


class Markets:
    """The venue's own tables, asked for once and again when they lack something new."""

    def __init__(self) -> None:
        self._perps: dict[str, PerpTable] = {}
        self._spot = SpotTable(tokens={}, pairs={})
        self._has_spot = False
        self._unlisted: set[str] = set()

    async def learn(
        self, calls: Calls, *, coins: Iterable[str], tokens: Iterable[str], trace: Trace
    ) -> None:
        """See that these coins of fills and positions, and tokens of balances, are known."""
        wanted, held = set(coins), set(tokens)
        unknown = {coin for coin in wanted if not self._knows(coin)}
        dexes = sorted({dex_of(coin) for coin in unknown if not is_spot(coin)})
        asks_spot = any(map(is_spot, unknown)) or not self._unlisted.issuperset(
            token for token in held if not self._is_listed(token)
        )
        await together(
            *(self._ask_perps(dex, calls, trace) for dex in dexes),
            *(self._ask_spot(calls, trace) for _ in range(asks_spot)),
        )
        if not self._has_spot and any(each.collateral for each in self._tables()):
            await self._ask_spot(calls, trace)
        # Delisted, or not in the tables yet: not asked for again.
        self._unlisted |= {coin for coin in wanted if not self._knows(coin)}
        self._unlisted |= {token for token in held if not self._is_listed(token)}

    async def _ask_perps(self, dex: str, calls: Calls, trace: Trace) -> None:
        question = Question(kind="meta", dex=dex)
        self._perps[dex], _ = await calls.ask(question, perps_in, trace=trace)

    async def _ask_spot(self, calls: Calls, trace: Trace) -> None:
        self._spot, _ = await calls.ask(Question(kind="spotMeta"), spot_in, trace=trace)
        self._has_spot = True

    def perpetual(self, coin: str) -> Instrument:
        """The instrument of a perpetual."""
        table = self._perps.get(dex_of(coin))
        decimals = table.size_decimals.get(coin) if table else None
        collateral = table.collateral if table else 0
        return Instrument(
            symbol=coin,
            asset_class="perpetual",
            currency=currency_of(self._spot.tokens.get(collateral, USDC)),
            price_decimals=None if decimals is None else max(0, PRICE_DECIMALS - decimals),
        )

    def token(self, name: str) -> Instrument:
        """The instrument of a spot token, named by its pair in USDC, else by its first pair."""
        if name.startswith("+"):
            return Instrument(
                symbol=name,
                asset_class="other",
                currency=OUTCOMES_ARE_PAID_IN,
                spellings=(f"#{name[1:]}",),
            )
        pairs = {coin: pair.quote for coin in self._spot.pairs
                 if (pair := self.pair(coin)) and pair.base == name}  # fmt: skip
        quotes = list(pairs.values())
        quote = USDC if USDC in quotes or not quotes else quotes[0]
        symbol = f"{name}/{quote}"
        spellings = [coin for coin, each in pairs.items() if each == quote and coin != symbol]
        return Instrument(
            symbol=symbol,
            asset_class="spot",
            currency=currency_of(quote),
            spellings=tuple(spellings),
        )

    def pair(self, coin: str) -> Pair | None:
        """The tokens of a spot pair; None for one that nobody lists."""
        if coin.startswith("#"):
            return Pair(base=f"+{coin[1:]}", quote=OUTCOMES_ARE_PAID_IN)
        legs = self._spot.pairs.get(coin)
        if legs is not None:
            base, quote = (self._spot.tokens.get(leg, "") for leg in legs)
            return Pair(base=base, quote=quote) if base and quote else None
        base, slash, quote = coin.partition("/")
        return Pair(base=base, quote=quote) if slash else None

    def _knows(self, coin: str) -> bool:
        if coin in self._unlisted:
            return True
        if is_spot(coin):
            return coin.startswith("#") or coin in self._spot.pairs
        table = self._perps.get(dex_of(coin))
        return table is not None and coin in table.size_decimals

    def _is_listed(self, token: str) -> bool:
        return (
            token in MONEY
            or token.startswith("+")
            or token in self._unlisted
            or token in self._spot.tokens.values()
        )

    def _tables(self) -> Iterable[PerpTable]:
        return self._perps.values()
