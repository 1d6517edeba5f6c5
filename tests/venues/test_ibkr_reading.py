"""Readings of a gateway: two lists that agree, every account, and nothing flat by mistake."""

import asyncio
from dataclasses import replace
from datetime import timedelta

import pytest

from tieout.core.errors import VenueRefused
from tieout.venues.ibkr.limits import DEFAULT
from venues.alpaca import FakeClock
from venues.ibkr import AAPL, ES, NOW, QUICK, TSLA, only, read, venue_at
from venues.tws import TwsStub, contract


def quantities(found):
    return {each.symbol: each.quantity for each in found.snapshot.holdings}


def listing(tws, *rows):
    """The answer to one request for positions: these rows, and the end."""

    def say(client):
        for row in rows:
            client.send(*row)
        client.send("62", "1")

    return say


def row(listed=AAPL, quantity="10", cost="190.5", account="U1"):
    return ["61", "3", account, *listed, quantity, cost]


def test_a_reading_asks_for_accounts_positions_executions_and_positions(tws, gateway):
    tws.hold(AAPL, "10", "190.5")
    read(gateway)
    kinds = [each[0] for each in tws.asked]
    assert kinds == ["71", "61", "17", "61", "7", "61", "6"]
    tws.asked.clear()
    read(gateway)
    assert [each[0] for each in tws.asked] == ["17", "61", "7", "61", "6", "6"]


def test_it_never_asks_for_anything_that_could_trade(tws, gateway):
    tws.hold(AAPL, "10", "190.5")
    read(gateway)
    asyncio.run(gateway.check())
    assert {each[0] for each in tws.asked} <= {"71", "61", "17", "7", "6", "49", "5"}


def test_lists_that_differ_are_read_until_two_agree(tws, gateway):
    tws.hold(AAPL, "10", "190.5")
    read(gateway)
    tws.say_instead("61", listing(tws, row(quantity="4")), listing(tws, row(quantity="7")))
    found = read(gateway)
    assert quantities(found) == {"AAPL": "10"}
    assert found.snapshot.complete
    assert gateway._sleep.__self__.slept == [0.5, 0.5]


def test_lists_that_never_agree_are_incomplete_for_that_account_alone(tws, gateway):
    tws.accounts = ["U1", "U2"]
    tws.hold(TSLA, "3", "250", account="U2")
    read(gateway)
    calm = row(TSLA, "3", "250", "U2")
    tws.say_instead("61", *(listing(tws, row(quantity=f"{n}"), calm) for n in range(1, 9)))
    found = read(gateway)
    assert found.snapshot.problems == ("trades went on while the positions were read 4 times",)
    assert read(gateway, account="U2").snapshot.complete


def test_a_cost_that_is_still_settling_counts_as_a_difference(tws, gateway):
    read(gateway)
    first, second = row(quantity="1", cost="24320"), row(quantity="1", cost="48640")
    tws.say_instead("61", *(listing(tws, each) for each in (first, second, second)))
    assert only(read(gateway)).average_price == "48640"


def test_an_empty_account_is_only_believed_twice(tws, gateway):
    tws.hold(AAPL, "10", "190.5")
    read(gateway)
    tws.say_instead("61", listing(tws))
    assert quantities(read(gateway)) == {"AAPL": "10"}


def test_a_position_closed_unseen_is_gone_though_the_sdk_still_has_it(tws, gateway):
    tws.hold(AAPL, "10", "190.5")
    tws.hold(TSLA, "3", "250")
    read(gateway)
    del tws.positions["U1", TSLA[0]]
    assert quantities(read(gateway)) == {"AAPL": "10"}


def test_a_change_within_a_list_comes_after_what_it_changes(tws, gateway):
    read(gateway)
    within = listing(tws, row(quantity="10"), row(quantity="12"))
    tws.say_instead("61", within, listing(tws, row(quantity="12")))
    assert quantities(read(gateway)) == {"AAPL": "12"}


def test_rows_of_models_are_refused_and_the_others_go_on(tws, gateway):
    tws.hold(TSLA, "3", "250")
    tws.extra_rows = [row(quantity="10"), row(quantity="-4")]
    found = read(gateway)
    problems = {each.symbol: each.problem for each in found.snapshot.holdings}
    assert problems["TSLA"] is None
    assert "more than one row in the same account" in problems["AAPL"]
    assert found.snapshot.complete


def test_a_row_of_quantity_zero_says_flat(tws, gateway):
    tws.hold(AAPL, "0", "0.0")
    tws.hold(TSLA, "10", "250")
    assert quantities(read(gateway)) == {"AAPL": "0", "TSLA": "10"}


def test_a_zero_row_of_a_dead_contract_needs_no_contract(tws, gateway):
    tws.hold(contract("SPXW", kind="OPT", local_symbol="SPXW  251209C06935000"), "0", "0.0")
    assert only(read(gateway)).problem is None


def test_what_was_pushed_as_flat_stays_flat_though_it_is_listed_no_more(tws, gateway):
    tws.hold(AAPL, "10", "190.5")
    read(gateway)
    del tws.positions["U1", AAPL[0]]
    tws.say_instead("7", lambda client: (client.send(*row(quantity="0", cost="0")),
                                         tws._answer_7(client, tws.asked[-1])))  # fmt: skip
    assert only(read(gateway)).quantity == "0"
    tws.hold(AAPL, "5", "191")
    assert only(read(gateway)).quantity == "5"


def test_two_accounts_with_one_contract_stay_apart(tws, gateway):
    tws.accounts = ["U1", "U2"]
    tws.hold(AAPL, "100", "190.5", account="U1")
    tws.hold(AAPL, "-40", "180", account="U2")
    assert quantities(read(gateway, account="U1")) == {"AAPL": "100"}
    assert quantities(read(gateway, account="U2")) == {"AAPL": "-40"}


def test_the_evidence_of_an_account_has_no_rows_of_another(tws, gateway):
    tws.accounts = ["U1", "U2"]
    tws.hold(AAPL, "100", "190.5", account="U1")
    tws.hold(TSLA, "-40", "180", account="U2")
    bodies = b"".join(each.body for each in read(gateway).evidence)
    assert b"61\x003\x00U1\x00265598\x00AAPL" in bodies
    assert b"TSLA" not in bodies


def test_rows_of_an_account_that_the_login_does_not_have_make_all_incomplete(tws, gateway):
    tws.hold(AAPL, "10", "190.5", account="U9")
    found = read(gateway)
    assert found.snapshot.problems == ("there are positions of U9, which this login does not have",)


def test_a_row_that_does_not_decode_makes_its_account_incomplete(tws, gateway):
    tws.accounts = ["U1", "U2"]
    tws.hold(TSLA, "3", "250", account="U1")
    tws.extra_rows = [row(account="U2")[:-1]]
    assert read(gateway, account="U1").snapshot.complete
    assert read(gateway, account="U2").snapshot.problems == ("a position has 15 fields, not 16",)


def test_a_number_that_the_sdk_cannot_decode_makes_its_account_incomplete(tws, gateway):
    tws.hold(AAPL, "many", "190.5")
    found = read(gateway)
    assert "could not be decoded" in found.snapshot.problems[0]
    assert only(found).quantity == "many"


def test_a_quantity_that_is_left_empty_is_not_flat(tws, gateway):
    tws.hold(AAPL, "", "190.5")
    assert only(read(gateway)).quantity == ""


def test_a_message_that_nobody_knows_makes_all_incomplete(tws, gateway):
    tws.extra_rows = [["999", "1", "news from another version"]]
    assert "could not be decoded" in read(gateway).snapshot.problems[0]


def test_the_next_reading_is_complete_again(tws, gateway):
    tws.extra_rows = [["999", "1"]]
    assert not read(gateway).snapshot.complete
    tws.extra_rows = []
    assert read(gateway).snapshot.complete


def test_the_portfolio_gives_the_prices_of_its_account(tws, gateway):
    tws.accounts = ["U1", "U2"]
    tws.hold(ES, "1", "315114.75", account="U1")
    tws.hold(ES, "2", "315114.75", account="U2")
    tws.portfolio["U1"] = [[*ES, "1", "6310.5", "315525", "315114.75", "410.25", "0"]]
    assert only(read(gateway, account="U1")).price == "6310.5"
    assert only(read(gateway, account="U2")).price is None


def test_another_account_takes_the_place_of_the_one_whose_portfolio_is_sent(tws, gateway):
    """It is ended only where the same one is to be sent anew: 50 messages a second are few."""
    tws.accounts = ["U1", "U2"]
    tws.hold(ES, "1", "315114.75", account="U1")
    tws.hold(ES, "2", "315114.75", account="U2")
    for account in ("U1", "U1", "U2"):
        read(gateway, account=account)
    assert [each[2:] for each in tws.asked if each[0] == "6"] == [
        ["1", "U1"], ["0", "U1"], ["1", "U1"], ["1", "U2"],
    ]  # fmt: skip


def test_an_account_without_portfolio_is_complete_and_asked_once(tws, gateway):
    tws.silent = {"6"}
    tws.hold(AAPL, "10", "190.5")
    found = read(gateway)
    assert found.snapshot.complete
    assert only(found).price is None
    read(gateway)
    assert tws.calls("6") == 1


def test_a_portfolio_that_did_not_come_is_asked_for_again_after_an_hour(tws):
    clock = FakeClock(NOW)
    gateway = venue_at(tws, clock)
    tws.silent = {"6"}
    tws.hold(AAPL, "10", "190.5")
    tws.portfolio["U1"] = [[*AAPL, "10", "200", "2000", "190.5", "95", "0"]]
    assert only(read(gateway)).price is None
    tws.silent = set()
    clock.at += timedelta(hours=1)
    assert only(read(gateway)).price == "200"
    asyncio.run(gateway.aclose())


def test_a_portfolio_row_that_does_not_decode_makes_its_account_incomplete(tws, gateway):
    tws.hold(AAPL, "10", "190.5")
    tws.portfolio["U1"] = [[*AAPL, "10", "", "1905", "190.5", "0", "0"]]
    found = read(gateway)
    assert "could not be decoded" in found.snapshot.problems[0]
    assert only(found).price is None


def test_accounts_are_told_with_their_currencies(tws, gateway):
    tws.accounts = ["U1", "U2"]
    tws.currencies["U2"] = "EUR"
    found = asyncio.run(gateway.accounts())
    assert [(each.id, each.venue, each.currency, each.history) for each in found] == [
        ("U1", "ibkr", "USD", "partial"), ("U2", "ibkr", "EUR", "partial"),
    ]  # fmt: skip
    asyncio.run(gateway.accounts())
    assert tws.calls("62") == 1


def test_a_connection_may_be_for_one_account_of_the_login(tws):
    tws.accounts = ["U1", "U2"]
    venue = venue_at(tws, FakeClock(), account="U2")
    assert [each.id for each in asyncio.run(venue.accounts())] == ["U2"]
    tws.hold(AAPL, "100", "190.5", account="U1")
    found = read(venue, account="U2")
    assert (found.snapshot.complete, found.snapshot.holdings) == (True, ())
    assert found.ignored == ("unmanaged account U1: its positions are left out",)
    with pytest.raises(VenueRefused, match="account_mismatch: asked for account U1"):
        read(venue, account="U1")
    tws.accounts = ["U1"]
    with pytest.raises(VenueRefused, match="log the gateway in to U2"):
        asyncio.run(venue.accounts())
    asyncio.run(venue.aclose())


def test_more_than_fifty_accounts_are_refused(tws, gateway):
    tws.accounts = [f"U{number}" for number in range(1, 52)]
    with pytest.raises(VenueRefused, match="51 accounts"):
        read(gateway)


def test_accounts_that_wait_at_the_same_time_share_a_reading(tws, gateway):
    tws.accounts = [f"U{number}" for number in range(1, 51)]
    for account in tws.accounts:
        tws.hold(AAPL, account[1:], "190.5", account=account)

    async def all_of_them():
        return await asyncio.gather(*(gateway.read(each, cursor=None) for each in tws.accounts))

    found = asyncio.run(all_of_them())
    assert [only(each).quantity for each in found] == [each[1:] for each in tws.accounts]
    assert all(each.snapshot.complete for each in found)
    assert tws.calls("61") <= 5


def test_five_thousand_positions_of_fifty_accounts_stay_within_the_messages_allowed():
    accounts = [f"U{number}" for number in range(1, 51)]
    tws = TwsStub(*accounts)
    for account in accounts:
        for con_id in range(1, 101):
            listed = contract(f"S{con_id}", con_id=con_id)
            tws.hold(listed, f"{con_id}", "190.5", account=account)
    paced = replace(QUICK, messages_per_s=DEFAULT.messages_per_s)
    venue = venue_at(tws, FakeClock(), limits=paced)

    async def all_of_them():
        return await asyncio.gather(*(venue.read(each, cursor=None) for each in accounts))

    found = asyncio.run(all_of_them())
    assert sum(len(each.snapshot.holdings) for each in found) == 5000
    assert all(each.snapshot.complete for each in found)
    assert tws.messages_in_a_second() <= 50
    asyncio.run(venue.aclose())
    tws.close()
