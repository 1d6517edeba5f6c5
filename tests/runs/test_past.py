"""The book as it was, as far as we knew it."""

from runs.fakes import ACCOUNT, Bench, activity, holding
from tieout.core.instrument import LedgerId
from tieout.core.movements import Method
from tieout.runs.past import ledgers_as_of


def quantity(bench: Bench, *, as_of, known_at) -> str:
    ledgers = ledgers_as_of(
        bench.store,
        ACCOUNT.id,
        method=Method(cost_basis="average"),
        as_of=as_of,
        known_at=known_at,
    )
    ledger = ledgers.get(LedgerId("AAPL"))
    return "nothing" if ledger is None else str(ledger.quantity)


def test_a_past_state_is_that_of_its_time_as_known_then_or_now():
    bench = Bench()
    before_all = bench.clock.now()
    bench.run(holding("AAPL", "10"))
    bench.clock.skip(hours=1)
    sold_at = bench.clock.now()
    bench.clock.skip(hours=1)
    before_news = bench.clock.now()
    bench.venue.activities = (activity("f1", "AAPL", "-4", "130", at=sold_at),)
    bench.run(holding("AAPL", "6"))
    now = bench.clock.now()
    assert quantity(bench, as_of=before_all, known_at=now) == "0"
    assert quantity(bench, as_of=before_all, known_at=before_all) == "nothing"
    assert quantity(bench, as_of=before_news, known_at=before_news) == "10"
    assert quantity(bench, as_of=before_news, known_at=now) == "6"
    assert quantity(bench, as_of=now, known_at=now) == "6"
