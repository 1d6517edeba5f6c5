"""What people read, kept as golden files: `make golden` writes them anew."""

import asyncio
from dataclasses import replace

import pytest

from cli.morning import AAPL, BTC, PENNY, TSLA, desk_of, written
from golden import check_golden
from runs.fakes import ACCOUNT, Bench, activity, holding
from tieout.cli.output import WIDTH_OF_NO_TERMINAL, console
from tieout.cli.run_tables import realized_sums, runs_table
from tieout.cli.sync import show
from tieout.core.book import AccountId
from tieout.core.policy import Policy
from tieout.runs import plan_only
from tieout.wiring import Answer

SHOWN = {
    "positions": ("positions",),
    "positions-all": ("positions", "--all"),
    "positions-as-of": (
        "positions", "--as-of", "2024-11-20T15:30", "--known-at", "2024-11-21T20:00Z",
    ),
    "breaks": ("breaks",),
    "breaks-all": ("breaks", "--all"),
    "runs": ("runs",),
    "runs-show": ("runs", "show", "run-7"),
    "runs-show-failed": ("runs", "show", "run-4"),
    "history": ("history", "AAPL"),
    "history-coin": ("history", "btcusd"),
    "pnl": ("pnl",),
    "pnl-by-symbol": ("pnl", "--by", "symbol"),
    "pnl-by-account": ("pnl", "--by", "account", "--from", "2024-11-21"),
    "accounts": ("accounts",),
}  # fmt: skip


@pytest.fixture
def morning(folder) -> Bench:
    bench = written(folder)
    bench.store.close()
    return bench


@pytest.mark.parametrize("name", SHOWN)
def test_a_table_reads_well(tieout, morning, name):
    check_golden(f"cli/{name}.txt", tieout(*SHOWN[name]).out)


@pytest.mark.parametrize("name", [each for each in SHOWN if "history" not in each])
def test_programs_get_the_same_as_json(tieout, morning, name):
    result = tieout(*SHOWN[name], "--json")
    assert result.err == ""
    check_golden(f"cli/{name}.json", result.out)


def test_a_history_has_every_entry_with_its_run_and_its_hash(tieout, morning):
    (found,) = tieout("history", "AAPL", "--json").json["history"]
    assert (found["symbol"], found["quantity"]) == ("AAPL", 5)
    assert [each["run"] for each in found["entries"]] == [f"run-{n}" for n in range(1, 9)]
    assert all(len(each["hash"]) == 64 for each in found["entries"])
    assert found["entries"][1]["changes"][0]["explained_by"] == ["f1"]


def test_a_narrow_terminal_keeps_the_columns_that_matter(tieout, morning, monkeypatch):
    monkeypatch.setenv("COLUMNS", "60")
    shown = tieout("positions").out
    assert all(len(line) <= 60 for line in shown.splitlines() if line.endswith(" "))
    check_golden("cli/positions-narrow.txt", shown)


def test_a_very_narrow_terminal_keeps_when_how_and_what_of_runs(tieout, morning, monkeypatch):
    monkeypatch.setenv("COLUMNS", "40")
    check_golden("cli/runs-narrow.txt", tieout("runs").out)


def test_a_run_can_be_copied_from_a_table_that_is_too_narrow_for_its_account(capsys):
    bench = Bench()
    bench.run(AAPL)
    (made,) = bench.store.runs()
    id_, long = "20261121-122611-1d4d3e", "hl/0x5e9ee1089755c3435139848e47e6635505d5a13a"
    records = [replace(made, id=id_, outcome="failed", reason="nobody answered " * 9)]
    names = {made.account: long, AccountId("other"): "other"}
    console().print(runs_table(records, names, now=made.started_at))
    shown = capsys.readouterr().out
    assert id_ in shown
    assert max(map(len, shown.splitlines())) <= WIDTH_OF_NO_TERMINAL


def test_a_run_is_found_by_what_a_narrow_table_shows_of_it(tieout, morning):
    assert tieout("runs", "show", "run-7…").out == tieout("runs", "show", "run-7").out


def test_a_narrow_terminal_keeps_the_time_of_accounts(tieout, morning, monkeypatch):
    monkeypatch.setenv("COLUMNS", "60")
    shown = tieout("accounts").out
    assert "2024-11-21 18:00" in shown
    assert "Venue" not in shown


def test_a_narrow_terminal_keeps_the_runs_of_a_history_whole(tieout, morning, monkeypatch):
    runs = {
        each["run"] for each in tieout("history", "AAPL", "--json").json["history"][0]["entries"]
    }
    monkeypatch.setenv("COLUMNS", "60")
    shown = tieout("history", "AAPL").out.splitlines()
    assert {f"  run {each}" for each in runs} <= set(shown)
    assert max(map(len, shown)) <= 60


def test_an_account_whose_connection_was_taken_out_says_so(tieout, morning, folder):
    assert "no connection" not in tieout("accounts").out
    settings = (folder / "tieout.toml").read_text(encoding="utf-8")
    before, _, _ = settings.replace('name = "paper"', 'name = "live"').partition("[accounts.")
    (folder / "tieout.toml").write_text(before, encoding="utf-8")
    left = f"{ACCOUNT.id}: no connection reads it any more; this is what was last known"
    assert left in tieout("accounts").out.splitlines()


def test_a_retired_account_keeps_nothing_from_being_tied_out(tieout, morning, folder):
    settings = (folder / "tieout.toml").read_text(encoding="utf-8")
    before, _, _ = settings.replace('name = "paper"', 'name = "live"').partition("[accounts.")
    (folder / "tieout.toml").write_text(before, encoding="utf-8")
    commands = ("accounts", "positions", "breaks")
    assert [tieout(each).status for each in commands] == [1, 1, 1]
    retired = f'[accounts."{ACCOUNT.id}"]\nretired = true\n'
    (folder / "tieout.toml").write_text(before + retired, encoding="utf-8")
    assert [tieout(each).status for each in commands] == [0, 0, 0]
    assert "retired" in tieout("accounts").out
    assert "no connection reads it" not in tieout("accounts").out
    shown = tieout("positions")
    assert f"{ACCOUNT.id} (alpaca): retired, this is what was last known" in shown.out
    assert "AAPL" in shown.out
    assert tieout("accounts", "--json").json["accounts"][0]["is_retired"] is True
    assert tieout("runs", "--json").json["runs"] != []


def test_an_estimate_that_was_replaced_is_no_estimate_any_more(tieout, folder):
    bench = written(folder)
    at = bench.clock.now()
    now = (AAPL._replace(quantity="5"), BTC._replace(quantity="0.2"), PENNY)
    bench.venue.activities = ()
    bench.run(*now)
    estimated = tieout("pnl", "--by", "symbol", "--json").json["rows"]
    bench.venue.activities = (activity("late", "BTC/USD", "-0.3", "61400.25", at=at),)
    bench.run(*now)
    bench.store.close()
    known = tieout("pnl", "--by", "symbol", "--json").json["rows"]
    assert [each["estimated"] for each in estimated if each["symbol"] == "BTC/USD"] == [True]
    assert [each["estimated"] for each in known if each["symbol"] == "BTC/USD"] == [False]


def test_the_status_tells_whether_all_is_well(tieout, morning):
    commands = ("positions", "breaks", "accounts", "runs", "pnl", "verify")
    assert [tieout(each).status for each in commands] == [1, 1, 1, 0, 0, 0]


def test_an_empty_book_says_so(tieout, folder):
    assert tieout("db", "upgrade").status == 0
    for command in ("positions", "breaks", "runs", "pnl", "accounts", "verify"):
        assert tieout(command).status == 0
        assert tieout(command).out.strip()


@pytest.fixture
def said(folder, capsys):
    def lines(bench: Bench, *holdings, is_plan: bool = False) -> str:
        bench.venue.holdings = holdings
        if is_plan:
            finished = asyncio.run(plan_only(bench.order, venue=bench.venue, parts=bench.parts))
        else:
            finished = bench.run(*holdings)
        capsys.readouterr()
        answer = Answer(subject=finished.record.account, finished=finished)
        show([answer], desk_of(bench), is_plan=is_plan)
        return capsys.readouterr().out

    return lines


def test_a_run_reads_like_a_statement(said):
    bench = Bench()
    five = (AAPL, BTC, PENNY, TSLA, holding("MSFT", "3"))
    pages = [
        said(bench, *five),
        said(bench, *five),
        said(bench, AAPL._replace(quantity="9"), BTC, PENNY, TSLA, holding("MSFT", "3")),
        said(bench, AAPL._replace(quantity="9"), BTC, PENNY, TSLA),
        said(bench, AAPL._replace(quantity="9"), BTC, PENNY, TSLA),
        said(bench, AAPL._replace(quantity="9"), BTC, PENNY, TSLA._replace(quantity="20")),
        said(bench),
    ]
    check_golden("cli/sync.txt", "\n".join(pages))


def test_a_plan_says_what_would_be(said):
    bench = Bench()
    bench.run(AAPL, BTC)
    pages = [
        said(bench, AAPL, BTC, is_plan=True),
        said(bench, AAPL._replace(quantity="9"), BTC, is_plan=True),
        said(bench, is_plan=True),
    ]
    check_golden("cli/plan.txt", "\n".join(pages))


def test_where_a_person_decides_the_run_says_what_waits(said):
    bench = Bench()
    bench.run(AAPL, BTC)
    bench.order = type(bench.order)(account=bench.order.account, policy=Policy(truth="manual"))
    check_golden("cli/manual.txt", said(bench, AAPL._replace(average_price="90.00"), BTC))


def test_a_day_means_the_same_in_every_way_of_writing_it(tieout, morning):
    shown = {
        tieout("positions", "--as-of", day, "--known-at", "2024-11-22", "--json").out
        for day in ("2024-11-20", "20241120", "2024-W47-3", " 2024-11-20 ")
    }
    assert len(shown) == 1


def realized(net, *, currency="USD", fees="0", estimated=False, **more):
    made = {"net": net, "fees": fees, "currency": currency, "estimated": estimated}
    return {"realized": made | more}


UNKNOWN = realized(None, fees="1.50", incomplete=True)


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ([], ""),
        ([{"realized": None}], ""),
        ([realized("119.00")], "+119.00 USD"),
        ([realized("119.00"), realized("-19", estimated=True)], "+100.00 USD (partly estimated)"),
        ([realized("1", estimated=True)] * 2, "+2.00 USD (estimated)"),
        ([realized("1"), realized("2", currency="EUR")], "+2.00 EUR and +1.00 USD"),
        ([UNKNOWN], "-1.50 USD (incomplete)"),
        ([realized("3"), UNKNOWN], "+1.50 USD (incomplete)"),
        ([realized("3", estimated=True), UNKNOWN], "+1.50 USD (incomplete, estimated)"),
        ([realized("0", funding="-0.25", income="1")], "+0.75 USD"),
        ([realized("5") | {"other_fees": {"BNB": "0.01"}}], "-0.01 BNB and +5.00 USD"),
        ([{"realized": None, "other_fees": {"BNB": "0.01"}}], "-0.01 BNB"),
    ],
)
def test_what_a_run_realized_is_summed_by_currency_with_its_doubts(changes, said):
    assert realized_sums(changes) == said
