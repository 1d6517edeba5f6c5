"""What a person says about instruments counts in a run, and sizes that are known stay known."""

from dataclasses import replace
from decimal import Decimal

import pytest

from runs.fakes import ACCOUNT, Bench, activity
from tieout.core.declared import Declared
from tieout.core.instrument import Instrument
from tieout.core.snapshot import Holding, Local
from tieout.store import verify

BOND = Instrument(symbol="IBCID5", asset_class="bond", multiplier=None, venue_ids=("5",))
ROW = Holding(
    symbol="IBCID5", quantity="20", price="98.7465", venue_id="5", asset_class="bond",
    currency="USD",
)  # fmt: skip
SAID = Declared(symbol="IBCID5", multiplier=Decimal(10))


@pytest.fixture
def bench() -> Bench:
    bench = Bench()
    bench.venue.instruments = (BOND,)
    bench.venue.contract_costs = {"5": Decimal("981")}
    return bench


def declaring(bench: Bench, *declared: Declared):
    return replace(bench.order, declared=declared)


def position_of(bench: Bench, symbol: str = "IBCID5"):
    ledgers = bench.store.load(ACCOUNT).book.ledgers.values()
    (ledger,) = [each for each in ledgers if each.instrument.symbol == symbol]
    position = ledger.position
    assert position is not None
    return ledger.instrument, position.average_price(ledger.instrument)


def test_a_size_that_nobody_knows_says_what_to_set(bench):
    finished = bench.run(ROW)
    assert finished.plan.outcome == "partial"
    (error,) = finished.plan.errors
    assert '[instruments."IBCID5"] with multiplier' in error.message


def test_with_what_it_said_to_set_the_row_is_tied_out(bench):
    bench.run(ROW)
    order = declaring(bench, SAID)
    assert bench.run(ROW, order=order).plan.errors == ()
    assert bench.run(ROW, order=order).plan.tied_out
    instrument, average = position_of(bench)
    assert (instrument.multiplier, average) == (10, Decimal("98.1"))


def test_a_size_that_was_known_stays_known(bench):
    bench.venue.instruments = (replace(BOND, multiplier=Decimal(10)),)
    bench.run(ROW._replace(multiplier="10", average_price="98.1"))
    bench.venue.instruments = (BOND,)  # this time the portfolio did not come
    finished = bench.run(ROW)
    assert (finished.plan.tied_out, finished.plan.changes) == (True, ())
    assert position_of(bench)[1] == Decimal("98.1")
    (known,) = bench.store.load(ACCOUNT).book.instruments
    assert known.multiplier == 10


def test_a_fill_waits_until_the_size_is_said(bench):
    bench.run()
    bench.venue.activities = (activity("f1", "IBCID5", "20", "98.1", at=bench.clock.now()),)
    assert bench.run(ROW).plan.outcome == "partial"
    finished = bench.run(ROW, order=declaring(bench, SAID))
    assert finished.plan.tied_out
    assert position_of(bench)[1] == Decimal("98.1")


def test_a_person_goes_before_the_venue_and_what_it_told_is_listed_as_not_used(bench):
    bench.venue.instruments = (replace(BOND, multiplier=Decimal(1)),)
    row = ROW._replace(multiplier="1", average_price="981")
    finished = bench.run(row, order=declaring(bench, SAID))
    assert finished.plan.tied_out
    assert position_of(bench)[1] == Decimal("98.1")
    text = bench.store.evidence(finished.record.id)[-1].body.decode()
    assert '"multiplier":"10"' in text


@pytest.mark.parametrize("said", [
    Declared(symbol="ibcid5", multiplier=Decimal(10)),
    Declared(symbol="T-BILL", spellings=("IBCID5",), multiplier=Decimal(10)),
    Declared(symbol="T-BILL", venue_ids=("5",), multiplier=Decimal(10)),
])  # fmt: skip
def test_an_instrument_is_meant_by_any_of_its_names(bench, said):
    assert bench.run(ROW, order=declaring(bench, said)).plan.tied_out


def test_an_id_that_is_declared_is_not_another_one(bench):
    said = Declared(symbol="IBCID5", venue_ids=("6",), multiplier=Decimal(10))
    assert bench.run(ROW, order=declaring(bench, said)).plan.outcome == "partial"


def test_what_only_a_person_tells_of_is_known_when_it_is_met():
    bench = Bench()
    said = (
        Declared(symbol="ESZ6", asset_class="future", multiplier=Decimal(50), price_decimals=2),
        Declared(symbol="NQZ6", asset_class="future", multiplier=Decimal(20)),
    )
    row = Holding(symbol="ESZ6", quantity="1", average_price="5000", price="5010")
    assert bench.run(row, order=declaring(bench, *said)).plan.tied_out
    instrument, average = position_of(bench, "ESZ6")
    assert (instrument.asset_class, instrument.multiplier) == ("future", 50)
    assert (instrument.price_decimals, average) == (2, 5000)
    assert [each.symbol for each in bench.store.load(ACCOUNT).book.instruments] == ["ESZ6"]


def test_class_and_currency_of_a_row_are_what_is_said(bench):
    said = replace(SAID, asset_class="fund", currency="EUR")
    bench.run(ROW, order=declaring(bench, said))
    instrument, _ = position_of(bench)
    assert (instrument.asset_class, instrument.currency) == ("fund", "EUR")


def test_a_row_that_cannot_be_read_stays_so(bench):
    row = ROW._replace(problem="no number")
    (error,) = bench.run(row, order=declaring(bench, SAID)).plan.errors
    assert "no number" in error.message


ES = Instrument(symbol="ESZ6", asset_class="future", multiplier=Decimal(50), venue_ids=("1",))
ES_ROW = Holding(
    symbol="ESZ6", quantity="1", average_price="5000", price="5010", venue_id="1",
    asset_class="future", currency="USD", multiplier="50",
)  # fmt: skip
OTHER_ROW = ES_ROW._replace(average_price="500", multiplier="500")
SAID_500 = Declared(symbol="ESZ6", multiplier=Decimal(500))


@pytest.fixture
def contract() -> Bench:
    """A future of 50 that is held, of which the venue says 500 from now on."""
    bench = Bench()
    bench.venue.instruments = (ES,)
    assert bench.run(ES_ROW).plan.tied_out
    bench.venue.instruments = (replace(ES, multiplier=Decimal(500)),)
    return bench


def breaks_of(finished) -> list[tuple]:
    return [(each.kind, each.theirs, each.seen, each.status) for each in finished.plan.breaks]


def test_a_venue_that_tells_another_size_of_what_is_held_is_not_believed(contract):
    theirs = {"multiplier": Decimal(500)}
    assert breaks_of(contract.run(OTHER_ROW)) == [("reference", theirs, 1, "open")]
    finished = contract.run(OTHER_ROW)
    assert breaks_of(finished) == [("reference", theirs, 2, "open")]
    assert not finished.plan.tied_out
    instrument, average = position_of(contract, "ESZ6")
    assert (instrument.multiplier, average) == (50, Decimal(5000))
    (known,) = contract.store.load(ACCOUNT).book.instruments
    assert known == ES


def test_accepted_their_size_is_that_of_the_list_as_well(contract):
    contract.run(OTHER_ROW)
    accept = Local(action="accept_broker", symbol="ESZ6", at=contract.clock.now())
    contract.run(OTHER_ROW, order=replace(contract.order, local=(accept,)))
    assert contract.run(OTHER_ROW).plan.tied_out
    assert position_of(contract, "ESZ6")[0].multiplier == 500
    (known,) = contract.store.load(ACCOUNT).book.instruments
    assert known.multiplier == 500
    assert verify(contract.store, ACCOUNT).problems == ()


def test_another_size_that_a_person_declares_is_no_break(contract):
    contract.venue.instruments = (ES,)
    finished = contract.run(ES_ROW, order=declaring(contract, SAID_500))
    assert breaks_of(finished) == []
    assert position_of(contract, "ESZ6")[0].multiplier == 500


def test_our_own_size_declared_hides_that_of_the_venue(contract):
    said = replace(SAID_500, multiplier=Decimal(50))
    finished = contract.run(OTHER_ROW, order=declaring(contract, said))
    assert breaks_of(finished) == []
    assert position_of(contract, "ESZ6")[0].multiplier == 50


def test_another_contract_of_the_same_name_may_have_another_size(contract):
    other = replace(ES, multiplier=Decimal(500), venue_ids=("2",))
    contract.venue.instruments = (ES, other)
    row = OTHER_ROW._replace(venue_id="2")
    assert [each for each in breaks_of(contract.run(ES_ROW, row)) if each[0] == "reference"] == []
    assert set(contract.store.load(ACCOUNT).book.instruments) == {ES, other}


def test_what_is_flat_has_the_size_that_the_venue_tells_last(contract):
    share = Holding(symbol="MSFT", quantity="1", average_price="1")
    contract.venue.instruments = (ES,)
    contract.run(ES_ROW._replace(quantity="0"), share)
    contract.venue.instruments = (replace(ES, multiplier=Decimal(500)),)
    contract.run(OTHER_ROW._replace(quantity="0"), share)
    assert contract.quantities == {"MSFT": "1"}
    (known,) = contract.store.load(ACCOUNT).book.instruments
    assert known.multiplier == 500
