"""The books behind the simulated Hyperliquid: dexes, coins, prices, and accounts by address."""

import hashlib
import random
import threading
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import datetime
from decimal import Decimal, localcontext
from typing import Any

from tieout.simulators.holdings import PRECISION, ZERO, Number, exact
from tieout.simulators.hyperliquid_records import Event, Fill, Funding, Order, Update
from tieout.simulators.hyperliquid_values import (
    MAIN,
    USDC,
    Dex,
    Kind,
    Mode,
    Pair,
    Perp,
    Position,
    State,
    Token,
    milliseconds,
)
from tieout.simulators.ledger import Impossible

PAST_STATES_MAX = 10_000  # how far back an account can be shown as it was
SHARED_PURSE: tuple[Mode, ...] = ("unifiedAccount", "portfolioMargin")


def address_of(name: str) -> str:
    """The address of an account that was given none; always the same.

    >>> address_of("main")
    '0x58db9d3935846c17153c71ca04e6d4ee5127b9f9'
    """
    return "0x" + hashlib.sha256(f"hyperliquid {name}".encode()).hexdigest()[:40]


@dataclass(slots=True, kw_only=True)
class HyperliquidAccount:
    """One address. Read it inside `market.changing()`; change it by the market."""

    name: str
    address: str
    kind: Kind
    opened_at: datetime
    mode: Mode
    taker_rate: Decimal
    maker_rate: Decimal
    spot_rate: Decimal
    master: str | None = None  # the name of the account it is a part of
    state: State = field(default_factory=State)
    past: deque[tuple[datetime, State]] = field(
        default_factory=lambda: deque(maxlen=PAST_STATES_MAX)
    )
    leverages: dict[str, tuple[int, bool]] = field(default_factory=dict)
    fills: list[Fill] = field(default_factory=list)
    funding: list[Funding] = field(default_factory=list)
    updates: list[Update] = field(default_factory=list)
    orders: dict[int, Order] = field(default_factory=dict)
    paid_in: Decimal = ZERO  # deposits less withdrawals

    @property
    def has_shared_purse(self) -> bool:
        return self.mode in SHARED_PURSE

    def as_of(self, moment: datetime | None) -> State:
        """What it held at that time; None: now."""
        state = self.state
        for until, before in reversed(self.past):
            if moment is None or until <= moment:
                break
            state = before
        return state


class HyperliquidLedger:
    """Dexes, coins, prices and accounts. What can happen is added by the parts of the market."""

    def __init__(self, *, clock: Callable[[], datetime], chance: random.Random) -> None:
        self.clock = clock
        self.chance = chance
        self.accounts: dict[str, HyperliquidAccount] = {}
        self.agents: dict[str, dict[str, Any]] = {}  # by address: name, account, valid_until
        self.dexes: dict[str, Dex] = {MAIN: Dex(name=MAIN)}
        self.perps: dict[str, Perp] = {}
        self.tokens: dict[str, Token] = {USDC: Token(name=USDC, index=0, size_decimals=8)}
        self.pairs: dict[str, Pair] = {}
        self.marks: dict[str, Decimal] = {}
        self._next_order = 91_490_942
        self._listeners: list[Callable[[Event], None]] = []
        self._lock = threading.RLock()

    @contextmanager
    def changing(self) -> Iterator[None]:
        """Nobody else sees or changes anything meanwhile, and decimals stay exact."""
        with self._lock, localcontext(PRECISION):
            yield

    def listen(self, listener: Callable[[Event], None]) -> None:
        """Calls `listener` for every event, in the thread that caused it."""
        with self.changing():
            self._listeners.append(listener)

    def tell(self, event: Event) -> None:
        for listener in self._listeners:
            listener(event)

    def now(self) -> int:
        return milliseconds(self.clock())

    def new_hash(self) -> str:
        return f"0x{self.chance.getrandbits(256):064x}"

    def new_trade_id(self) -> int:
        return self.chance.getrandbits(50)

    def new_order_id(self) -> int:
        self._next_order += 1
        return self._next_order

    # Listing.

    def list_dex(self, name: str, *, full_name: str = "", collateral: str = USDC) -> Dex:
        """A builder's dex, by its short name."""
        with self.changing():
            self.token(collateral)
            self.dexes[name] = Dex(
                name=name,
                full_name=full_name or f"{name} dex",
                deployer=address_of(f"deployer of {name}"),
                collateral=collateral,
            )
            return self.dexes[name]

    def list_perp(
        self,
        coin: str,
        *,
        price: Number,
        size_decimals: int = 2,
        leverage_max: int = 20,
        is_isolated_only: bool = False,
    ) -> Perp:
        """A perpetual: `BTC`, or `xyz:TSLA` on the dex `xyz`."""
        with self.changing():
            dex = coin.partition(":")[0] if ":" in coin else MAIN
            if dex not in self.dexes:
                raise Impossible(f"there is no dex {dex}; list_dex makes one")
            self.marks[coin] = exact(price)
            self.perps[coin] = Perp(
                coin=coin,
                dex=dex,
                size_decimals=size_decimals,
                leverage_max=leverage_max,
                is_isolated_only=is_isolated_only,
            )
            return self.perps[coin]

    def list_pair(
        self,
        base: str,
        *,
        price: Number,
        index: int,
        token_index: int,
        quote: str = USDC,
        size_decimals: int = 2,
    ) -> Pair:
        """A spot market of a token; index 0 is `PURR/USDC` by name, the others `@index`."""
        with self.changing():
            self.token(quote)
            self.tokens[base] = Token(name=base, index=token_index, size_decimals=size_decimals)
            coin = f"{base}/{quote}" if index == 0 else f"@{index}"
            self.pairs[coin] = Pair(coin=coin, index=index, base=base, quote=quote)
            self.marks[coin] = exact(price)
            return self.pairs[coin]

    def list_token(self, name: str, *, index: int, size_decimals: int = 2) -> Token:
        """A token without a market of its own: another stablecoin, `+10` of an outcome."""
        with self.changing():
            self.tokens[name] = Token(name=name, index=index, size_decimals=size_decimals)
            return self.tokens[name]

    def set_price(self, coin: str, price: Number) -> None:
        """The mark, mid and oracle price of a perp or pair."""
        with self.changing():
            self.mark(coin)
            self.marks[coin] = exact(price)
            dex = self.perps[coin].dex if coin in self.perps else MAIN
            self.tell(Event(kind="prices", dex=dex))

    def mark(self, coin: str) -> Decimal:
        if coin not in self.marks:
            raise Impossible(f"{coin} is not listed; list_perp or list_pair makes it tradable")
        return self.marks[coin]

    def token(self, name: str) -> Token:
        if name not in self.tokens:
            raise Impossible(f"there is no token {name}; list_pair or list_token makes one")
        return self.tokens[name]

    def price_of_token(self, name: str) -> Decimal:
        """In dollars; a token without a market against USDC counts as one."""
        for pair in self.pairs.values():
            if (pair.base, pair.quote) == (name, USDC):
                return self.marks[pair.coin]
        return Decimal(1)

    # Accounts.

    def open_account(
        self,
        name: str,
        *,
        cash: Number = "0",
        address: str = "",
        kind: Kind = "user",
        mode: Mode = "default",
        taker_rate: Number = "0.00045",
        maker_rate: Number = "0.00015",
        spot_rate: Number = "0.0007",
    ) -> HyperliquidAccount:
        """An address with this much USDC on the first dex (under a shared purse: in spot). The
        rates are the shares of a trade's value that are taken as a fee."""
        with self.changing():
            if name in self.accounts:
                raise Impossible(f"there is an account {name} already")
            account = HyperliquidAccount(
                name=name,
                address=(address or address_of(name)).lower(),
                kind=kind,
                opened_at=self.clock(),
                mode=mode,
                taker_rate=exact(taker_rate),
                maker_rate=exact(maker_rate),
                spot_rate=exact(spot_rate),
                paid_in=exact(cash),
            )
            self.accounts[name] = account
            self.put(account, self.paid(account, account.state, MAIN, exact(cash)))
            return account

    def open_sub_account(
        self, name: str, *, master: str, cash: Number = "0", mode: Mode = "default"
    ) -> HyperliquidAccount:
        """A part of another account, with an address and a state of its own."""
        with self.changing():
            self.account(master)
            account = self.open_account(name, cash=cash, kind="subAccount", mode=mode)
            account.master = master
            return account

    def approve_agent(self, account: str, name: str, *, days: int = 90) -> str:
        """A wallet that may sign for the account; its own address holds nothing. Returns it."""
        with self.changing():
            self.account(account)
            address = address_of(f"agent {name} of {account}")
            until = self.now() + days * 86_400_000
            self.agents[address] = {"name": name, "account": account, "valid_until": until}
            return address

    def set_mode(self, account: str, mode: Mode) -> None:
        """How margin is shared; only while nothing is held."""
        with self.changing():
            owner = self.account(account)
            if owner.state.positions:
                raise Impossible(f"{account} holds positions; its mode stays {owner.mode}")
            owner.mode = mode

    def account(self, name: str) -> HyperliquidAccount:
        if name not in self.accounts:
            raise Impossible(f"there is no account {name}; there are {sorted(self.accounts)}")
        return self.accounts[name]

    def account_at(self, address: str) -> HyperliquidAccount | None:
        """Whose address it is; an agent's belongs to nobody."""
        wanted = address.lower()
        return next((each for each in list(self.accounts.values()) if each.address == wanted), None)

    def put(self, account: HyperliquidAccount, state: State) -> None:
        """Follows the account's state by another, remembering how it was."""
        account.past.append((self.clock(), account.state))
        account.state = state

    def paid(self, account: HyperliquidAccount, state: State, dex: str, amount: Decimal) -> State:
        """The state after money came to (or left) where the dex's margin comes from."""
        if not account.has_shared_purse:
            return state.with_money(dex, amount)
        token = self.dexes[dex].collateral
        coins = state.held(token)
        return state.with_coins(token, replace(coins, total=coins.total + amount))

    def position(self, account: HyperliquidAccount, perp: Perp) -> Position:
        """What is held, or a flat position with the leverage that was chosen."""
        usual = (min(20, perp.leverage_max), perp.is_isolated_only)
        leverage, is_isolated = account.leverages.get(perp.coin, usual)
        flat = Position(leverage=leverage, is_isolated=is_isolated)
        return account.state.positions.get(perp.coin, flat)

    def shown(self) -> Any:
        """What each account holds, for a person to look at."""
        return {
            name: {
                "address": account.address,
                "positions": {
                    coin: f"{each.size:f}" for coin, each in account.state.positions.items()
                },
                "coins": {token: f"{each.total:f}" for token, each in account.state.coins.items()},
            }
            for name, account in self.accounts.items()
        }
