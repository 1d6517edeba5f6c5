"""Positions in isolated margin at the stub: the slots, and what the book has of them."""

from tieout.venues.moments import milliseconds_of
from venues.coinbase_gateway_lists import POSITIONS, whose
from venues.coinbase_rows import rpc

PERPETUAL = "SOL_USDC-PERPETUAL"
OTHER = "ETH_USDC-PERPETUAL"
SLOT, NEXT = 123456, 123457
IN_SLOT, IN_NEXT = f"{PERPETUAL}@{SLOT}", f"{PERPETUAL}@{NEXT}"
TEN_MINUTES_S, A_DAY_S = 601, 86_401


def row(size, name=PERPETUAL, **fields):
    return {"instrument_name": name, "direction": "buy" if size > 0 else "sell", "size": size,
            "kind": "future", "average_price": 150.5, "mark_price": 150.5, **fields}  # fmt: skip


def trade(bench, slot, amount, *, name=PERPETUAL, price=150.5, trade_id=None):
    """A trade in a slot (or the login's own, for None), and what is held there after it."""
    stub = bench.stub
    bench.clock.advance(10)
    lists = stub.isolated_trades.setdefault(slot, []) if slot else stub.trades
    lists.append({
        "trade_id": trade_id or f"USDC-{slot}-{len(lists)}", "instrument_name": name, "fee": 0.01,
        "fee_currency": "USDC", "direction": "buy" if amount > 0 else "sell",
        "amount": abs(amount), "price": price, "timestamp": milliseconds_of(bench.clock.now()),
        **(whose(slot) if slot else {"user_id": 1000}),
    })  # fmt: skip
    rows = stub.isolated.setdefault(slot, []) if slot else stub.positions
    held = sum(each["size"] for each in rows if each["instrument_name"] == name) + amount
    average = next(
        (each["average_price"] for each in rows if each["instrument_name"] == name), price
    )
    rows[:] = [each for each in rows if each["instrument_name"] != name]
    rows += [row(held, name, average_price=average)] if held else []
    bench.clock.advance(10)


def held(bench):
    """What the book has of perpetuals."""
    return {
        ledger.instrument.symbol: str(ledger.quantity)
        for ledger in bench.book.ledgers.values()
        if ledger.position and ledger.instrument.asset_class == "perpetual"
    }


def asked_of(bench, path):
    """The slots that were asked for on a path since `forget`; None is the login itself."""
    found = (each for each in bench.stub.asked if each.path == path)
    return [each.body["params"].get("subaccount_id") for each in found]


def restart(bench):
    """A process of its own, which has nothing but the book and its bookmark."""
    bench.venue = bench.another()


def lists_nothing(bench):
    """The list of all positions, which is done as well as can be, has none of the slots'."""
    bench.stub.say_of(None, POSITIONS, rpc([]))
