"""The first readings of an account, and what a wrong reply among them must not leave behind."""

from venues.hyperliquid import balance, only
from venues.hyperliquid_stub import OTHER, Person, position
from venues.stub import Said, said

BROKEN = Said(status=422, body=b"no")


def held(hl):
    rows = hl.book.ledgers.values()
    return {row.instrument.symbol: str(row.quantity) for row in rows if row.position}


def test_fills_that_ended_an_old_position_open_none_while_a_dex_cannot_be_read(hl):
    hl.stub.dexes = [None, {"name": "xyz"}]
    hl.stub.trade("SOL", "-10", "110", startPosition="10")
    hl.stub.trade("ETH", "2", "2900", startPosition="-5")
    hl.stub.main.positions = [position("ETH", "-3", "3000")]
    hl.stub.before = lambda body: hl.stub.say(
        "clearinghouseState", *([BROKEN] if body.get("dex") else [])
    )
    assert not hl.tie_out().tied_out
    assert held(hl) == {"ETH": "-3"}
    hl.stub.before = lambda body: None
    hl.stub.heal()
    for _ in range(3):
        plan = hl.tie_out()
        assert plan.tied_out
        assert held(hl) == {"ETH": "-3"}
        assert not any(change.realized for change in plan.changes)


def test_what_is_left_out_of_a_first_reading_that_is_not_whole_comes_with_the_next(hl):
    hl.stub.trade("BTC", "1", "60000")
    hl.stub.trade("BTC", "1", "62000", sz="NaN")
    hl.stub.main.positions = [position("BTC", "2", "61000")]
    assert not hl.tie_out().tied_out
    hl.stub.main.fills[1]["sz"] = "1"
    assert hl.tie_out().tied_out
    (ledger,) = hl.book.ledgers.values()
    assert (ledger.quantity, ledger.position.basis) == (2, "actual")


def test_first_fills_of_another_account_book_nothing(hl):
    hl.stub.trade("BTC", "1", "60000")
    hl.stub.people[OTHER] = Person()
    hl.stub.trade("ETH", "3", "2000", user=OTHER)
    hl.stub.say("userFillsByTime", said(hl.stub.people[OTHER].fills))
    assert not hl.tie_out().tied_out
    assert held(hl) == {}
    hl.stub.heal()
    assert hl.tie_out().tied_out
    assert held(hl) == {"BTC": "1"}


def test_a_first_state_without_what_the_fills_left_is_not_taken_over(hl):
    hl.stub.trade("BTC", "1", "60000")
    told = hl.stub.main.positions
    hl.stub.main.positions = []
    assert not hl.tie_out().tied_out
    hl.stub.main.positions = told
    assert hl.tie_out().tied_out
    assert held(hl) == {"BTC": "1"}


def test_a_first_state_that_fills_contradict_is_believed_the_second_time(hl):
    hl.stub.trade("BTC", "1", "60000")
    hl.stub.main.positions = [position("BTC", "5", "60000")]
    assert not hl.tie_out().tied_out
    hl.tie_out()
    assert held(hl) == {"BTC": "5"}


def test_two_first_states_that_contradict_each_other_are_both_not_believed(hl):
    hl.stub.trade("BTC", "1", "60000")
    for size in ("5", "7"):
        hl.stub.main.positions = [position("BTC", size, "60000")]
        assert not hl.tie_out().tied_out
        assert held(hl) == {}
    hl.stub.trade("BTC", "1", "60000")
    hl.stub.main.positions = [position("BTC", "8", "60000")]
    hl.tie_out()
    assert held(hl) == {"BTC": "8"}


def test_tokens_that_their_fills_account_for_are_told_though_a_dex_is_not_read(hl):
    hl.stub.dexes = [None, {"name": "xyz"}]
    fee = {"dir": "Buy", "fee": "0.01", "feeToken": "HYPE"}
    hl.stub.trade("@107", "3", "25", startPosition="0.0", **fee)
    hl.stub.main.positions = []
    hl.stub.main.balances = [balance("HYPE", "2.99", "75.0")]
    hl.stub.before = lambda body: hl.stub.say(
        "clearinghouseState", *([BROKEN] if body.get("dex") else [])
    )
    found = hl.read()
    assert not found.snapshot.complete
    assert [each.symbol for each in found.activities] == ["HYPE/USDC"]


def test_a_fill_that_cannot_be_read_is_asked_for_again(hl):
    hl.stub.trade("BTC", "1", "60000")
    hl.tie_out()
    assert hl.tie_out().tied_out
    hl.stub.trade("BTC", "1", "60000", fee="zz")
    plan = hl.tie_out()
    assert not plan.tied_out
    hl.stub.trade("ETH", "1", "3000")
    hl.tie_out()
    hl.stub.main.fills[1]["fee"] = "0.5"
    assert hl.tie_out().tied_out
    ledger = next(row for row in hl.book.ledgers.values() if row.instrument.symbol == "BTC")
    assert (ledger.quantity, ledger.position.basis) == (2, "actual")


def test_a_dex_that_once_came_without_its_position_is_read_again(hl):
    hl.stub.dexes = [None, {"name": "xyz"}]
    hl.stub.trade("xyz:TSLA", "3", "400")
    assert hl.tie_out().tied_out
    told = hl.stub.main.positions
    hl.stub.main.positions = []
    assert not hl.tie_out().tied_out
    hl.stub.main.positions = told
    for _ in range(3):
        assert hl.tie_out().tied_out
    assert held(hl) == {"xyz:TSLA": "3"}
    assert only(hl.read(cursor=hl.cursor)).symbol == "xyz:TSLA"
