"""Isolated margin at the simulated gateway, as Coinbase's guide to isolated positions has it."""

import pytest

from tieout.simulators.ledger import Impossible

from .coinbase import BIT, PERP, Rpc

TRADES = "private/get_user_trades_by_currency_and_time"
OTHER_PERP = "ETH_USDC-PERPETUAL"


@pytest.fixture(autouse=True)
def funded(coinbase):
    coinbase.list_perp(OTHER_PERP, price="3000")
    coinbase.convert("main", "USD", "USDC", "50000")
    coinbase.move_to_perps("main", "20000")


def positions(rpc, **asked):
    rows = rpc("private/get_positions", currency="any", **asked)
    return [(each["instrument_name"], each["size_currency"], each.get("user_id")) for each in rows]


def trades(rpc, **asked):
    asked = {"currency": "USDC", "start_timestamp": 0, "sorting": "asc", **asked}
    return rpc(TRADES, **asked)["trades"]


def test_a_position_is_in_a_slot_of_its_own_and_in_the_lists_of_who_asks_for_it(coinbase, rpc):
    coinbase.trade("main", PERP, "2")
    slot = coinbase.trade_isolated("main", PERP, "3")
    assert positions(rpc) == [(PERP, 2, None)]
    assert positions(rpc, subaccount_id=slot) == [(PERP, 3, slot)]
    assert positions(rpc, include_isolated=True) == [(PERP, 2, None), (PERP, 3, slot)]
    (row,) = rpc("private/get_positions", currency="any", subaccount_id=slot)
    assert (row["isolated"], row["main_uid"]) == (True, 100_000)


def test_its_trades_are_told_to_who_asks_for_the_slot_alone(coinbase, rpc):
    slot = coinbase.trade_isolated("main", PERP, "3")
    assert trades(rpc) == []
    assert trades(rpc, include_isolated=True) == []
    (row,) = trades(rpc, subaccount_id=slot)
    assert (row["user_id"], row["main_uid"], row["isolated"]) == (slot, 100_000, True)


def test_slots_are_listed_to_who_wants_them_with_what_they_are_bound_to(coinbase, rpc):
    own = {"id": 100_000, "type": "main", "username": "main",
           "isolated": None, "isolated_margin_instrument": None}  # fmt: skip
    assert rpc("private/get_subaccounts", include_isolated=True) == [own]
    slot = coinbase.trade_isolated("main", PERP, "3")
    assert rpc("private/get_subaccounts") == [own]
    (_, row) = rpc("private/get_subaccounts", include_isolated=True)
    assert (row["id"], row["type"], row["isolated"]) == (slot, "subaccount", True)
    assert row["isolated_margin_instrument"] == PERP
    coinbase.trade_isolated("main", PERP, "-3")
    (_, row) = rpc("private/get_subaccounts", include_isolated=True)
    assert row["isolated_margin_instrument"] is None
    details = rpc("private/get_subaccounts_details", currency="USDC", include_isolated=True)
    assert [each["uid"] for each in details] == [100_000, slot]


def test_the_same_perpetual_is_traded_in_the_same_slot_and_a_free_one_is_used_again(coinbase):
    slot = coinbase.trade_isolated("main", PERP, "3")
    assert coinbase.trade_isolated("main", PERP, "-1") == slot
    other = coinbase.trade_isolated("main", OTHER_PERP, "1")
    assert other != slot
    coinbase.trade_isolated("main", PERP, "-2")
    assert coinbase.trade_isolated("main", OTHER_PERP, "1") == other
    assert coinbase.trade_isolated("main", PERP, "1") == slot


def test_a_slot_can_be_told_and_so_can_the_number_of_a_trade(coinbase, rpc):
    first = coinbase.trade_isolated("main", PERP, "3")
    second = coinbase.trade_isolated("main", PERP, "-1", slot=first + 5, trade_number=77)
    assert (second, positions(rpc, subaccount_id=second)) == (first + 5, [(PERP, -1, second)])
    assert trades(rpc, subaccount_id=second)[0]["trade_id"] == "77"


def test_a_slot_that_is_empty_gives_what_is_in_it_back(coinbase, rpc):
    before = rpc("private/get_account_summary", currency="USDC")["balance"]
    slot = coinbase.trade_isolated("main", PERP, "1", price="60000")
    coinbase.trade_isolated("main", PERP, "-1", price="60100")
    after = rpc("private/get_account_summary", currency="USDC")["balance"]
    assert float(after) - float(before) == pytest.approx(100 - 0.0003 * 120_100)
    assert not any(coinbase.account("main").slots[slot].state.purse.values())


def test_a_liquidation_empties_a_slot(coinbase, rpc):
    slot = coinbase.trade_isolated("main", PERP, "1")
    coinbase.liquidate_isolated("main", slot)
    assert positions(rpc, subaccount_id=slot) == []
    assert trades(rpc, subaccount_id=slot)[-1]["liquidation"] == "T"


def test_funding_of_a_slot_is_in_its_own_log(coinbase, rpc):
    slot = coinbase.trade_isolated("main", PERP, "2")
    coinbase.trade("main", PERP, "1")
    coinbase.pay_funding(PERP, "0.0001")
    asked = {"currency": "USDC", "start_timestamp": 0, "end_timestamp": 1 << 50}
    own = rpc("private/get_transaction_log", **asked)["logs"][0]
    others = rpc("private/get_transaction_log", **asked, subaccount_id=slot)["logs"][0]
    assert (own["user_id"], own["interest_pl"]) == (100_000, "-6.005")
    assert (others["user_id"], others["interest_pl"]) == (slot, "-12.01")


def test_a_slot_may_be_in_no_list_and_still_answer(coinbase, rpc):
    slot = coinbase.trade_isolated("main", PERP, "2")
    coinbase.hide_slot("main", slot)
    assert positions(rpc, include_isolated=True) == []
    assert len(rpc("private/get_subaccounts", include_isolated=True)) == 1
    assert positions(rpc, subaccount_id=slot) == [(PERP, 2, slot)]


def test_a_slot_that_is_removed_and_one_of_somebody_else_are_refused(coinbase, rpc, desk):
    slot = coinbase.trade_isolated("main", PERP, "2")
    answer = Rpc(desk, "other")
    answer.sign_in()
    for asker in (rpc, answer):
        if asker is rpc:
            coinbase.remove_slot("main", slot)
        refused = asker.post("private/get_positions", currency="any", subaccount_id=slot)
        assert refused.json()["error"]["code"] in (13009, 13021)


def test_what_cannot_be_is_refused(coinbase):
    with pytest.raises(Impossible, match="is no perpetual"):
        coinbase.trade_isolated("main", BIT, "1")
    with pytest.raises(Impossible, match="has no isolated subaccount 5"):
        coinbase.liquidate_isolated("main", 5)
    for number in range(20):
        coinbase.trade_isolated("main", PERP, "1", slot=200_001 + number)
    with pytest.raises(Impossible, match="has 20 isolated subaccounts already"):
        coinbase.trade_isolated("main", OTHER_PERP, "1")


def test_a_person_sees_what_is_in_which_slot(coinbase):
    slot = coinbase.trade_isolated("main", PERP, "2")
    assert coinbase.shown()["main"]["isolated"] == {str(slot): {PERP: "2"}}
