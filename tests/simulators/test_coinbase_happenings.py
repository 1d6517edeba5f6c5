"""What happens in a Coinbase market, and what cannot."""

import random
from decimal import Decimal

import pytest

from tieout.simulators.ledger import Impossible

from .coinbase import BIP, BIT, PERP, Rpc, client_of, serving, small_market
from .conftest import Clock


def total(market, coin, account="main") -> Decimal:
    return market.account(account).state.wallets[coin].total


def test_a_withdrawal_costs_its_fee(coinbase):
    coinbase.deposit("main", "ETH", "2")
    coinbase.withdraw("main", "ETH", "0.5", fee="0.001")
    assert total(coinbase, "ETH") == Decimal("1.499")


def test_a_conversion_is_one_for_one(coinbase):
    coinbase.convert("main", "USD", "USDC", "40")
    coinbase.convert("main", "USDC", "USD", "15.5")
    assert (total(coinbase, "USD"), total(coinbase, "USDC")) == (
        Decimal("99975.5"),
        Decimal("24.5"),
    )


def test_one_wallet_for_both_quotes(coinbase):
    coinbase.convert("main", "USD", "USDC", "20000")
    coinbase.trade("main", "BTC-USD", "0.1", price="50000")
    coinbase.trade("main", "BTC-USDC", "0.1", price="50010")
    assert total(coinbase, "BTC") == Decimal("0.2")
    assert coinbase.account("main").state.wallets["BTC"].cost == Decimal("10061.006")
    coinbase.trade("main", "BTC-USD", "-0.2")
    assert total(coinbase, "BTC") == 0
    assert coinbase.account("main").state.wallets["BTC"].cost == 0


def test_empty_wallets_stay_until_they_are_closed(coinbase, advanced):
    coinbase.trade("main", "ETH-USD", "1")
    coinbase.trade("main", "ETH-USD", "-1")
    assert advanced.get_accounts().to_dict()["size"] == 2
    assert coinbase.close_wallets("main") == 1
    assert advanced.get_accounts().to_dict()["size"] == 1


def test_a_future_expires_without_a_fill(coinbase, advanced):
    coinbase.trade("main", BIT, "2", price="70980")
    assert coinbase.expire(BIT, price="71145") == 1
    assert advanced.list_futures_positions().to_dict()["positions"] == []
    assert len(advanced.get_fills().to_dict()["fills"]) == 1
    cash = coinbase.account("main").state.futures_cash
    assert cash == Decimal("3.3") - Decimal("0.3")  # 165 x 2 x 0.01, less two fees


def test_funding_of_an_endless_future(coinbase):
    coinbase.trade("main", BIP, "-3", price="60100")
    assert coinbase.pay_funding(BIP, "0.0001") == 1
    assert coinbase.account("main").state.futures[BIP].funding == Decimal("0.1803")


def test_a_day_ends_and_what_was_realized_is_of_yesterday(coinbase, advanced):
    coinbase.trade("main", BIT, "4", price="60000")
    coinbase.trade("main", BIT, "-1", price="61000")
    coinbase.close_day()
    (position,) = advanced.list_futures_positions().to_dict()["positions"]
    assert position["daily_realized_pnl"]["value"] == "0"


def test_funds_move_with_what_they_cost(coinbase):
    coinbase.trade("main", "ETH-USD", "2", price="1000", commission="0")
    coinbase.move_funds("main", "savings", "ETH", "0.5")
    assert coinbase.account("savings").state.wallets["ETH"].cost == 500


@pytest.mark.parametrize(
    ("do", "facts"),
    [
        ("trade", ["main", "ETH-USD", "-1"]),
        ("trade", ["main", "BTC-USD", "2"]),
        ("trade", ["main", BIT, "0.5"]),
        ("trade", ["main", "DOGE-USD", "1"]),
        ("trade", ["nobody", "ETH-USD", "1"]),
        ("trade", ["main", "ETH-USD", "0"]),
        ("withdraw", ["main", "USD", "100001"]),
        ("deposit", ["main", "USD", "-1"]),
        ("convert", ["main", "USD", "BTC", "1"]),
        ("move_funds", ["main", "other", "USD", "1"]),
        ("pay_funding", [BIT, "0.0001"]),
        ("liquidate", ["main", BIT]),
        ("cancel_order", ["main", "none"]),
        ("open_account", ["main"]),
    ],
)
def test_what_cannot_happen_does_not(coinbase, do, facts):
    before = coinbase.shown()
    with pytest.raises(Impossible):
        getattr(coinbase, do)(*facts)
    assert coinbase.shown() == before


def test_a_resting_order_is_not_filled_beyond_its_limit(coinbase):
    order = coinbase.place_order("main", "ETH-USD", "3", limit_price="2500")
    with pytest.raises(Impossible, match="the limit"):
        coinbase.fill_order("main", order.id, price="2501")
    with pytest.raises(Impossible, match="only 3 are left"):
        coinbase.fill_order("main", order.id, quantity="4")
    coinbase.fill_order("main", order.id, quantity="1", price="2400")
    coinbase.fill_order("main", order.id)
    wallet = coinbase.account("main").state.wallets["USD"]
    assert (wallet.hold, wallet.total) == (0, Decimal("92570.4"))  # 7400 and 0.4 % of it


def test_what_a_third_of_an_order_frees_is_not_lost(coinbase):
    order = coinbase.place_order("main", "ETH-USD", "0.3", limit_price="1000.01")
    for _ in range(3):
        coinbase.fill_order("main", order.id, quantity="0.1")
    assert coinbase.account("main").state.wallets["USD"].hold == 0


def test_floats_are_refused(coinbase):
    with pytest.raises(TypeError, match="as text"):
        coinbase.trade("main", "ETH-USD", 0.1)


def test_the_same_chance_gives_the_same_keys_and_ids():
    first, second = (small_market(Clock()) for _ in range(2))
    assert first.shown() == second.shown()


# Markets that were generated: what the SDK reads is what a few lines of arithmetic expect.

SEEDS = [1, 7, 42, 2026, 31971874]
STEPS = 60


class Shadow:
    """The same again, as simply as can be: coins, contracts and what they were opened for."""

    def __init__(self) -> None:
        self.coins = {"USD": Decimal(100000), "USDC": Decimal(0)}
        self.positions: dict[str, list[Decimal]] = {}

    def swap(self, product: str, quantity: Decimal, price: Decimal, fee: Decimal) -> None:
        base, quote = product.split("-")
        self.coins[base] = self.coins.get(base, Decimal(0)) + quantity
        self.coins[quote] = self.coins.get(quote, Decimal(0)) - quantity * price - fee

    def move(self, product: str, quantity: Decimal, price: Decimal) -> None:
        held, average = self.positions.get(product, [Decimal(0), Decimal(0)])
        now = held + quantity
        if held * quantity >= 0:
            average = (held * average + quantity * price) / now
        elif now * held < 0:
            average = price
        self.positions[product] = [now, average]


def _generate(market, chance: random.Random) -> Shadow:
    shadow = Shadow()
    for _ in range(STEPS):
        size = Decimal(chance.randrange(1, 10 ** chance.choice([2, 4]))) / 10**4
        match chance.choice(["pair", "pair", "future", "perp", "convert", "price"]):
            case "pair":
                product = chance.choice(["BTC-USD", "ETH-USD"])
                sign = chance.choice([1, -1])
                price = market.prices[product]
                quantity = size * sign
                if sign < 0 and shadow.coins.get(product.split("-")[0], Decimal(0)) < size:
                    continue
                if sign > 0 and shadow.coins["USD"] < 2 * size * price:
                    continue
                order = market.trade("main", product, quantity)
                shadow.swap(product, quantity, price, order.fees)
            case "future":
                contracts = Decimal(chance.choice([-3, -1, 1, 2, 5]))
                market.trade("main", BIT, contracts)
                shadow.move(BIT, contracts, market.prices[BIT])
            case "perp":
                quantity = size * chance.choice([1, -1])
                market.trade("main", PERP, quantity)
                shadow.move(PERP, quantity, market.prices[PERP])
            case "convert":
                money = min(size, shadow.coins["USD"])
                market.convert("main", "USD", "USDC", money)
                shadow.coins["USD"] -= money
                shadow.coins["USDC"] += money
            case "price":
                product = chance.choice(list(market.prices))
                change = Decimal(chance.randrange(-50, 50)) / 1000
                market.set_price(product, round(market.prices[product] * (1 + change), 4))
    return shadow


@pytest.mark.parametrize("seed", SEEDS)
def test_what_is_read_of_a_generated_market_is_exact(seed):
    market = small_market(Clock())
    shadow = _generate(market, random.Random(seed))
    with serving(market, accounts_page=2, fills_page=7) as desk:
        client = client_of(desk)
        wallets = _all(client.get_accounts, "accounts")
        fills = _all(client.get_fills, "fills")
        futures = client.list_futures_positions().to_dict()["positions"]
        perps = Rpc(desk)("private/get_positions", currency="USDC")
    shown = {
        row["currency"]: Decimal(row["available_balance"]["value"]) + Decimal(row["hold"]["value"])
        for row in wallets
    }
    assert shown == {coin: amount for coin, amount in shadow.coins.items() if coin in shown}
    assert {coin for coin, amount in shadow.coins.items() if amount} <= shown.keys()
    _check(
        shadow,
        BIT,
        [
            (
                Decimal(row["number_of_contracts"]) * (1 if row["side"] == "LONG" else -1),
                Decimal(row["avg_entry_price"]["value"]),
            )
            for row in futures
        ],
    )
    _check(
        shadow,
        PERP,
        [(Decimal(row["size_currency"]), Decimal(row["average_price"])) for row in perps],
    )
    orders = market.account("main").orders.values()
    assert len(fills) == sum(each.fills for each in orders if each.product_id != PERP)
    assert len({row["trade_id"] for row in fills}) == len(fills)


def _all(ask, name: str) -> list[dict]:
    rows, cursor = [], None
    while cursor != "":
        page = ask(cursor=cursor).to_dict()
        rows += page[name]
        cursor = page["cursor"]
    return rows


def _check(shadow: Shadow, product: str, rows: list[tuple[Decimal, Decimal]]) -> None:
    quantity, average = shadow.positions.get(product, [Decimal(0), Decimal(0)])
    if quantity == 0:
        assert rows == []
        return
    ((shown, at),) = rows
    assert shown == quantity
    assert abs(at - average) < Decimal("1e-9")
