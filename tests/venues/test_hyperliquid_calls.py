"""How many questions a reading asks, and which of them wait for another's answer."""

from threading import Barrier

import pytest

from venues.hyperliquid import balance
from venues.stub import said

WAIT_S = 5.0  # which only passes where the others do not come


@pytest.fixture
def everywhere(hl):
    """An account with perpetuals on three dexes and a token, read a while ago."""
    hl.stub.dexes = [None, {"name": "xyz"}, {"name": "flx"}]
    for dex in ("xyz", "flx"):
        hl.stub.metas[dex] = {"universe": [{"name": f"{dex}:TSLA", "szDecimals": 3}]}
    for coin in ("BTC", "xyz:TSLA", "flx:TSLA"):
        hl.stub.trade(coin, "1", "100")
    hl.stub.main.balances = [balance("HYPE", "5")]
    hl.clock.advance(60)
    hl.cursor = hl.read().cursor
    hl.clock.advance(60)
    hl.stub.forget()
    return hl


def test_a_quiet_account_on_one_dex_takes_three_calls(hl):
    hl.stub.trade("BTC", "1", "60000")
    hl.clock.advance(60)
    cursor = hl.read().cursor
    hl.clock.advance(60)
    hl.stub.forget()
    hl.read(cursor=cursor)
    assert hl.stub.kinds() == ["clearinghouseState", "spotClearinghouseState", "userFillsByTime"]


QUIET = [
    "allMids", "clearinghouseState", "clearinghouseState:flx", "clearinghouseState:xyz",
    "spotClearinghouseState", "userFillsByTime",
]  # fmt: skip


def test_each_further_dex_takes_one_more_call_and_tokens_take_one_for_their_prices(everywhere):
    everywhere.read(cursor=everywhere.cursor)
    assert everywhere.stub.kinds() == QUIET


def test_a_quiet_reading_waits_for_no_answer_before_it_asks_the_rest(everywhere):
    together = Barrier(len(QUIET), timeout=WAIT_S)
    everywhere.stub.before = lambda _: together.wait()
    assert everywhere.read(cursor=everywhere.cursor).snapshot.complete


def test_a_new_connection_asks_all_tables_at_once_with_the_positions(everywhere):
    everywhere.venue = everywhere.another()
    tables = Barrier(4, timeout=WAIT_S)
    order = []

    def before(asked):
        order.append(asked["type"])
        if asked["type"] in ("meta", "spotMeta"):
            tables.wait()

    everywhere.stub.before = before
    found = everywhere.read(cursor=everywhere.cursor)
    assert found.snapshot.complete
    assert {each.symbol for each in found.instruments} >= {"xyz:TSLA", "flx:TSLA", "HYPE/USDC"}
    assert order.count("meta") == 3
    assert order.count("spotMeta") == 1


def test_a_trade_takes_one_more_call_that_sees_the_fills_end_after_the_positions(everywhere):
    everywhere.stub.trade("BTC", "1", "101")
    everywhere.clock.advance(60)
    found = everywhere.read(cursor=everywhere.cursor)
    assert found.snapshot.complete
    assert everywhere.stub.kinds() == sorted([*QUIET, "userFillsByTime"])
    assert everywhere.stub.asked[-1]["type"] == "userFillsByTime"


def test_a_short_page_that_is_not_the_end_is_read_on_from(everywhere):
    everywhere.stub.trade("BTC", "1", "101")
    everywhere.clock.advance(60)
    first = dict(everywhere.stub.main.fills[-1])
    everywhere.stub.trade("BTC", "2", "102")
    everywhere.clock.advance(60)
    second = everywhere.stub.main.fills[-1]
    known = [row for row in everywhere.stub.main.fills if row["time"] < first["time"]]
    everywhere.stub.say(
        "userFillsByTime", said([known[-1], first]), said([first, second]), said([second])
    )
    found = everywhere.read(cursor=everywhere.cursor)
    assert {str(each["tid"]) for each in (first, second)} <= {
        each.id.partition("/")[0] for each in found.activities
    }
