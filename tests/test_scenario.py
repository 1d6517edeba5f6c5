"""The language of scenarios itself: what it understands, what it notices, what it says."""

import doctest
import json
from pathlib import Path

import pytest

from scenario import check, read, result_until, run
from scenario_rendering import rendered

DOCUMENT = Path(__file__).parents[1] / "docs" / "scenarios.md"

ONE_REDUCTION = """
    book       AAPL  10 @ 100.00
    fill  f1   AAPL  -4 @ 130.00  fee 1.00
    broker     AAPL   6 @ 100.00
"""
TWO_BREAKS = """
    policy     on_missing flag
    book       AAPL  10 @ 100.00
    book       MSFT  5 @ 300.00
    book       "ES 20261218" 1 @ 5000
    broker     AAPL   9 @ 100.00 price 101
    broker     "ES 20261218" NaN
    ---
    fill f2    AAPL  -9 @ 102
    fill f2    AAPL  -8 @ 102
    fill f3    MSFT  0 @ 1
    broker     "ES 20261218" 1 @ 5000
"""


def test_the_document_is_true():
    failed, tried = doctest.testfile(
        str(DOCUMENT), module_relative=False, optionflags=doctest.ELLIPSIS
    )
    assert (failed, tried > 2) == (0, True)


@pytest.mark.parametrize("text", [ONE_REDUCTION, TWO_BREAKS])
def test_what_is_rendered_is_what_is_expected(text):
    scenario = read(text)
    steps = text.split("---")
    for number in range(1, len(steps) + 1):
        lines = rendered(result_until(scenario.case, number))
        check("---".join(steps[:number]) + "\n".join(["", *lines]))


WRONG = [
    ("increased 10 -> 6", "kind should be increased, it is reduced"),
    ("reduced MSFT 10 -> 6", "symbol should be MSFT, it is AAPL"),
    ("reduced 10 -> 5", "to should be 5, it is 6"),
    ("reduced 10 -> 6 @ 101", "average_price should be 101"),
    ("reduced 10 -> 6 OPEN", "status should be OPEN"),
    ("reduced 10 -> 6 DRIFT", "reconciliation should be DRIFT"),
    ("reduced 10 -> 6 realized 120.00 USD", "realized should be"),
    ("reduced 10 -> 6 realized 119.00 EUR", "realized should be"),
    ("reduced 10 -> 6 realized 119.00 USD estimated", "realized should be"),
    ("reduced 10 -> 6 realized 119.00 (gross 119.00)", "realized should be"),
    ("reduced 10 -> 6 realized nothing", "realized should be"),
    ("reduced 10 -> 6 by f2", "explained_by should be"),
    ("reduced 10 -> 6 by nothing", "explained_by should be"),
    ("reduced 10 -> 6 reason fill", "reason should be fill, it is None"),
    ("nothing else", "changes: 1 instead of 0"),
    ("reduced 10 -> 6 created MSFT", "expected, and not there: reduced 10 -> 6 created MSFT"),
    ("reduced 10 -> 6 break quantity AAPL", "expected, and not there"),
    ("reduced 10 -> 6 error f1", "expected, and not there"),
    ("reduced 10 -> 6 not tied out", "tied_out should be False, it is True"),
    ("reduced 10 -> 6 not judged", "tied_out should be None"),
    ("reduced 10 -> 6 held", "outcome should be held, it is applied"),
    ("reduced 10 -> 6 alert held AAPL", "alerts are []"),
    ("reduced 10 -> 6 book MSFT 1", "not in the book"),
    ("reduced 10 -> 6 book nothing", "the book holds 1 positions"),
    ("reduced 10 -> 6 book AAPL 6 actual", "basis should be actual, it is venue"),
    ("reduced 10 -> 6 ended AAPL fill", "not among the ended"),
    ("reduced 10 -> 6 total USD net 120.00", "net should be 120.00"),
    ("reduced 10 -> 6 total nothing", "realized is"),
    ("reduced 10 -> 6 exit 1", "exit_status should be 1, it is 0"),
    ("reduced 10 -> 6 because stale", "the reason is None"),
    ("reduced 10 -> 6 marked 1", "marked should be 1, it is None"),
    ("reduced 10 -> 6 listed removed AAPL", "removed should be"),
]


@pytest.mark.parametrize(("line", "words"), WRONG)
def test_a_line_that_is_not_true_is_noticed(line, words):
    with pytest.raises(AssertionError) as failure:
        check(f"{ONE_REDUCTION}\n=> {line}")
    assert words in str(failure.value)
    assert "=> reduced AAPL 10 -> 6 @ 100.00 REDUCED SYNCED" in str(failure.value)


@pytest.mark.parametrize(
    "line",
    [
        "reduced 10 -> 6  tied out",
        "reduced AAPL",
        "reduced realized 119 USD (gross 120 fees 1) final by f1",
        "reduced @ ~100 applied exit 0 no alert",
        "and more",
        "total USD net 119.00 gross 120.00 fees 1.00 complete reduced AAPL book AAPL 6 price ?",
        "ended nothing reduced",
    ],
)
def test_a_line_that_is_true_passes(line):
    check(f"{ONE_REDUCTION}\n=> {line}")


@pytest.mark.parametrize(
    "line",
    [
        "buy AAPL 10",
        "book AAPL 10 at what",
        "=> reduced 10 -> 6 what",
        "=> what",
        "fill f1 AAPL what",
    ],
)
def test_a_line_that_says_nothing_is_refused(line):
    with pytest.raises(AssertionError, match="not understood"):
        check(f"{ONE_REDUCTION}\n{line}")


def test_a_step_without_expectations_may_do_what_it_likes():
    check(TWO_BREAKS)


def test_times_go_on_by_a_minute_unless_given():
    scenario = read("""
        fill f1 AAPL 1 @ 1
        ---
        at 16:30
        fill f2 AAPL 1 @ 1
        fill f3 AAPL 1 @ 1 at 15:45
        broker as of 16:29
        ---
        broker nothing
    """)
    first, second, third = scenario.material["steps"]
    assert (first["at"], first["activities"][0]["at"]) == (
        "2026-11-20T15:00:00Z",
        "2026-11-20T14:59:30Z",
    )
    assert [each["at"][11:16] for each in second["activities"]] == ["16:29", "15:45"]
    assert second["snapshot"]["as_of"] == "2026-11-20T16:29:00Z"
    assert third["snapshot"]["as_of"] == third["at"] == "2026-11-20T16:31:00Z"


def test_everything_that_can_be_given_is_given():
    scenario = read("""
        account venue ibkr history partial
        policy cost_basis fifo, tolerance.average_price 0.01, guard_empty false
        instrument ESZ6 future x50 USD id 1 id 2 expires 2026-12-18 decimals 2 spelling "ES Z6"
        book AAPL 10 @ 100.00 actual REDUCED lots 5 @ 99 2026-01-02, 5 @ 101 2026-01-03 fees 1
        local open MSFT 5 @ 100 side long
        fill f1 AAPL -4 @ 130.00 fee 0.1 BNB lot x cancels y id 7 side long pnl 3
        split s1 AAPL 1 for 10 cash 5 EUR
        broker incomplete
        broker AAPL null @ null price 1 x50 EUR option leverage 2 margin cross liquidation 9 pnl 1
        approve
        ---
        broker fails refused "wrong key"
    """)
    material = scenario.material
    step = material["steps"][0]
    assert material["account"] == {"venue": "ibkr", "history": "partial"}
    assert material["policy"]["tolerance"] == {"average_price": "0.01"}
    assert material["policy"]["guard_empty"] is False
    assert material["instruments"][0]["venue_ids"] == ["1", "2"]
    assert material["book"][0]["lots"][1] == {
        "quantity": "5", "price": "101", "at": "2026-01-03T00:00:00Z", "fees": "1",
    }  # fmt: skip
    assert step["activities"][0]["fee_currency"] == "BNB"
    assert step["activities"][1]["ratio"] == "1/10"
    assert step["activities"][1]["currency"] == "EUR"
    assert step["snapshot"]["complete"] is False
    assert step["snapshot"]["holdings"][0]["quantity"] is None
    assert step["approve"] is True
    assert material["steps"][1]["failure"] == {"kind": "refused", "message": "wrong key"}
    assert len(scenario.case.steps) == 2


def test_run_gives_the_json_result():
    assert json.dumps(run(ONE_REDUCTION)).startswith('{"case": 1, "tied_out": true')
