"""The books behind the simulated Coinbase: products, prices, keys, and portfolios by name."""

import random
import threading
import uuid
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from decimal import Decimal, localcontext
from typing import Literal

from tieout.simulators.coinbase_keys import Algorithm, Key, make_key
from tieout.simulators.coinbase_records import Booking, Event, Fill, Order, Trade
from tieout.simulators.coinbase_values import DOLLARS, USD, USDC, Product, State, Wallet, cut
from tieout.simulators.holdings import ONE, PRECISION, ZERO, Number, exact
from tieout.simulators.ledger import Impossible

PAST_STATES_MAX = 10_000  # how far back an account can be shown as it was
PortfolioType = Literal["DEFAULT", "CONSUMER"]


@dataclass(slots=True, kw_only=True)
class CoinbaseAccount:
    """One portfolio of one user. Read it inside `market.changing()`; change it by the market."""

    name: str
    user: str  # portfolios with the same one belong together
    user_id: str
    portfolio: str  # its id
    type: PortfolioType
    opened_at: datetime
    taker_rate: Decimal = Decimal("0.006")
    maker_rate: Decimal = Decimal("0.004")
    future_fee: Decimal = Decimal("0.15")  # for a contract
    perp_rate: Decimal = Decimal("0.0003")
    keys: list[Key] = field(default_factory=list)
    state: State = field(default_factory=State)
    past: deque[tuple[datetime, State]] = field(
        default_factory=lambda: deque(maxlen=PAST_STATES_MAX)
    )
    orders: dict[str, Order] = field(default_factory=dict)
    fills: list[Fill] = field(default_factory=list)
    trades: list[Trade] = field(default_factory=list)
    bookings: list[Booking] = field(default_factory=list)
    slot: int | None = None  # its number, where it is a subaccount of isolated margin
    slots: dict[int, "CoinbaseAccount"] = field(default_factory=dict)
    is_listed: bool = True

    @property
    def id(self) -> str:
        return self.portfolio

    def as_of(self, moment: datetime | None) -> State:
        """What it held at that time; None: now."""
        state = self.state
        for until, before in reversed(self.past):
            if moment is None or until <= moment:
                break
            state = before
        return state


class CoinbaseLedger:
    """Products, prices and accounts. What can happen is added by the parts of the market."""

    def __init__(self, *, clock: Callable[[], datetime], chance: random.Random) -> None:
        self.clock = clock
        self.chance = chance
        self.accounts: dict[str, CoinbaseAccount] = {}
        self.keys: dict[str, Key] = {}  # of all accounts, by name
        self.products: dict[str, Product] = {}
        self.prices: dict[str, Decimal] = {}
        self._next = 31_971_874
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

    def new_id(self) -> str:
        return str(uuid.UUID(int=self.chance.getrandbits(128), version=4))

    def new_number(self) -> int:
        self._next += 1
        return self._next

    # Accounts.

    def open_account(
        self,
        name: str,
        *,
        cash: Number = "0",
        user: str | None = None,
        portfolio: str | None = None,
        can_trade: bool = False,
        algorithm: Algorithm = "ES256",
        taker_rate: Number = "0.006",
        maker_rate: Number = "0.004",
    ) -> CoinbaseAccount:
        """A portfolio with a key of its own, and dollars. With a `user` who has one already, it
        is a further portfolio of theirs."""
        with self.changing():
            if name in self.accounts:
                raise Impossible(f"there is an account {name!r} already")
            others = [each for each in self.accounts.values() if each.user == (user or name)]
            opened = CoinbaseAccount(
                name=name,
                user=user or name,
                user_id=others[0].user_id if others else self.new_id(),
                portfolio=portfolio or self.new_id(),
                type="CONSUMER" if others else "DEFAULT",
                opened_at=self.clock(),
                taker_rate=exact(taker_rate),
                maker_rate=exact(maker_rate),
            )
            self.accounts[name] = opened
            self.add_key(name, can_trade=can_trade, algorithm=algorithm)
            self.put(opened, self.moved(opened.state, USD, exact(cash)))
            return opened

    def add_key(
        self, account: str, *, can_trade: bool = False, algorithm: Algorithm = "ES256"
    ) -> Key:
        """One more key to a portfolio."""
        with self.changing():
            key = make_key(self.chance, algorithm=algorithm, can_trade=can_trade)
            self.account(account).keys.append(key)
            self.keys[key.name] = key
            return key

    def revoke_key(self, account: str, key: str) -> None:
        """From now on it opens nothing."""
        with self.changing():
            owner = self.account(account)
            owner.keys = [each for each in owner.keys if each.name != key]
            self.keys.pop(key, None)

    def account(self, name: str) -> CoinbaseAccount:
        if name not in self.accounts:
            raise Impossible(f"there is no account {name!r}; open it first")
        return self.accounts[name]

    def every_account(self) -> list[CoinbaseAccount]:
        """All accounts and their subaccounts of isolated margin."""
        slots = (slot for each in self.accounts.values() for slot in each.slots.values())
        return [*self.accounts.values(), *slots]

    def owner_of(self, key: str) -> CoinbaseAccount | None:
        """Whose portfolio a key opens."""
        return next(
            (
                owner
                for owner in self.accounts.values()
                if any(each.name == key for each in owner.keys)
            ),
            None,
        )

    def portfolios_of(self, owner: CoinbaseAccount) -> list[CoinbaseAccount]:
        return [each for each in self.accounts.values() if each.user == owner.user]

    # Products.

    def list_pair(self, product: str, *, price: Number) -> Product:
        """Coins against coins or money: `BTC-USD`, `ETH-BTC`."""
        base, _, quote = product.partition("-")
        return self._list(Product(id=product, kind="spot", base=base, quote=quote), price)

    def list_future(
        self,
        product: str,
        *,
        price: Number,
        base: str,
        contract_size: Number,
        expires_at: str,
        has_funding: bool = False,
    ) -> Product:
        """A US future: `BIT-24APR26-CDE`, and `BIP-20DEC30-CDE`, whose funding makes it a
        perpetual for all practical purposes. `expires_at` as 2026-04-24T15:00:00Z."""
        at = datetime.fromisoformat(expires_at).astimezone(UTC)
        future = Product(
            id=product,
            kind="future",
            base=base,
            quote=USD,
            contract_size=exact(contract_size),
            expires_at=at,
            has_funding=has_funding,
        )
        return self._list(future, price)

    def list_perp(self, product: str, *, price: Number, is_inverse: bool = False) -> Product:
        """An international perpetual: `BTC_USDC-PERPETUAL`; an inverse one is `BTC-PERPETUAL`."""
        base = product.removesuffix("-PERPETUAL").removesuffix("_USDC")
        perp = Product(
            id=product,
            kind="perp",
            base=base,
            quote=USD if is_inverse else USDC,
            contract_size=ONE,
            has_funding=True,
            is_inverse=is_inverse,
        )
        return self._list(perp, price)

    def _list(self, product: Product, price: Number) -> Product:
        with self.changing():
            self.products[product.id] = replace(product, number=len(self.products) + 1)
            self.prices[product.id] = exact(price)
            return self.products[product.id]

    def product(self, name: str) -> Product:
        if name not in self.products:
            raise Impossible(f"{name!r} is not listed; list it first")
        return self.products[name]

    def set_price(self, product: str, price: Number) -> None:
        """The price that everything is valued at."""
        with self.changing():
            self.prices[self.product(product).id] = exact(price)

    def in_dollars(self, coin: str) -> Decimal | None:
        """What one is worth; None where no pair tells."""
        if coin in DOLLARS:
            return ONE
        pairs = (self.prices.get(f"{coin}-{dollar}") for dollar in DOLLARS)
        return next((price for price in pairs if price is not None), None)

    # Changing what is held.

    def put(self, owner: CoinbaseAccount, state: State) -> None:
        """The account holds this from now on."""
        owner.past.append((self.clock(), owner.state))
        owner.state = state

    def wallet(self, state: State, coin: str) -> Wallet:
        """The wallet of a coin; a new one where there was none."""
        return state.wallets.get(coin) or Wallet(id=self.new_id(), changed_at=self.clock())

    def moved(self, state: State, coin: str, amount: Decimal, cost: Decimal = ZERO) -> State:
        """With more (+) or less (-) in a wallet, which is never below nothing."""
        wallet = self.wallet(state, coin).moved(cut(amount), cost, self.clock())
        if wallet.total < ZERO:
            raise Impossible(f"there is only {wallet.total - amount:f} {coin}")
        return state.with_wallet(coin, wallet)

    def held(self, state: State, coin: str, amount: Decimal) -> State:
        """With so much more (+) or less (-) held by orders."""
        wallet = self.wallet(state, coin)
        hold = wallet.hold + cut(amount)
        if not ZERO <= hold <= wallet.total:
            raise Impossible(f"there is only {wallet.available:f} {coin} that is free")
        return state.with_wallet(coin, replace(wallet, hold=hold, changed_at=self.clock()))
