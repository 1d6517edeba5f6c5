"""P&L in the account's own currency from the shell, of a book kept by Flex statements."""

import sqlite3

import pytest

from tieout.core import movements
from venues.flex import position, statement, trade, write

SETTINGS = """
[[connections]]
name = "flex"
venue = "ibkr-flex"
flex = "statements"
"""
EURO = {"currency": "EUR", "ibCommissionCurrency": "EUR"}
MONDAY, TUESDAY, WEDNESDAY = [(day, day) for day in ("20241118", "20241119", "20241120")]


@pytest.fixture
def statements(folder):
    (folder / "tieout.toml").write_text(SETTINGS, encoding="utf-8")
    made = folder / "statements"
    made.mkdir()
    return made


def synced(tieout, statements, *, sale_rate: str):
    """100 bought on Monday at 50 with the dollar at 1.10, sold on Tuesday at 55."""
    heard(tieout, statements, MONDAY, ("100", "50", "1.10"), left=("100", "5000"))
    heard(tieout, statements, TUESDAY, ("-100", "55", sale_rate), left=None)


def heard(tieout, statements, days, traded, *, left):
    """The statement of a day: one trade with its price and rate, and what is left at which cost."""
    day, number = days[0], days[0][-1]
    quantity, price, rate = traded
    made = trade(quantity, price, dateTime=f"{day};100000", ibExecID=f"{number}.01",
                 transactionID=number, fxRateToBase=rate, ibCommission="0", **EURO)  # fmt: skip
    held = "" if left is None else position(*left, currency="EUR", reportDate=day)
    sections = {"Trades": made, "OpenPositions": held}
    text = statement(days=days, made=f"{int(day) + 1};010000", currency="USD", **sections)
    write(statements, text, name=f"{number}.xml")
    assert tieout("sync").status == 0


def sold_in_two_parts(tieout, statements, *, first_rate: str = "1.20"):
    """40 of 100 sold on Tuesday, the rest on Wednesday."""
    heard(tieout, statements, MONDAY, ("100", "50", "1.10"), left=("100", "5000"))
    heard(tieout, statements, TUESDAY, ("-40", "55", first_rate), left=("60", "3000"))
    yield
    heard(tieout, statements, WEDNESDAY, ("-60", "55", "1.30"), left=None)
    yield


def base_in(item) -> tuple[float, ...] | None:
    base = item.get("base")
    if base is None:
        return None
    assert base["currency"] == "USD"
    return tuple(float(base[name]) for name in ("net", "price", "exchange"))


def test_the_base_value_is_shown_with_what_price_and_exchange_made_of_it(tieout, statements):
    synced(tieout, statements, sale_rate="1.20")
    (row,) = tieout("pnl", "--json").json["rows"]
    assert (row["currency"], row["net"]) == ("EUR", 500)
    assert base_in(row) == (1100, 600, 500)
    told = " ".join(tieout("pnl").out.split())
    assert "1,100.00 USD" in told
    assert tieout("verify").status == 0


def test_without_a_rate_the_line_is_as_it_always_was(tieout, statements):
    synced(tieout, statements, sale_rate="")
    (row,) = tieout("pnl", "--json").json["rows"]
    assert row["net"] == 500
    assert "base" not in row
    assert "USD" not in tieout("pnl").out
    assert tieout("verify").status == 0


def test_a_position_has_the_sum_of_its_closings_while_it_is_open_and_when_it_has_ended(
    tieout, statements
):
    days = sold_in_two_parts(tieout, statements)
    next(days)
    (held,) = tieout("positions", "--json").json["positions"]
    assert (held["realized_pnl"], base_in(held)) == (200, (440, 240, 200))
    next(days)
    (ended,) = tieout("positions", "--all", "--json").json["ended"]
    assert (ended["realized_pnl"], base_in(ended)) == (500, (1430, 630, 800))
    (past,) = tieout("positions", "--as-of", "2024-11-19T23:00", "--json").json["positions"]
    assert base_in(past) == (440, 240, 200)
    shown = " ".join(tieout("positions", "--all").out.split())
    assert "+500.00 EUR (+1,430.00 USD: price +630.00, exchange +800.00)" in shown
    assert tieout("verify").status == 0


def test_one_part_without_a_rate_leaves_the_whole_position_without(tieout, statements):
    days = sold_in_two_parts(tieout, statements, first_rate="")
    next(days)
    (held,) = tieout("positions", "--json").json["positions"]
    assert "base" not in held
    next(days)
    (ended,) = tieout("positions", "--all", "--json").json["ended"]
    assert "base" not in ended
    assert "USD" not in tieout("positions", "--all").out
    assert tieout("verify").status == 0


def test_a_history_tells_what_each_closing_made_in_base_currency(tieout, statements, monkeypatch):
    monkeypatch.setenv("COLUMNS", "250")
    for _ in sold_in_two_parts(tieout, statements):
        pass
    shown = " ".join(tieout("history", "AAPL").out.split())
    assert "realized +200.00 EUR (+440.00 USD: price +240.00, exchange +200.00)" in shown
    assert "realized +300.00 EUR (+990.00 USD: price +390.00, exchange +600.00)" in shown


def test_runs_have_the_base_value_of_a_change(tieout, statements):
    synced(tieout, statements, sale_rate="1.20")
    run, _ = tieout("runs", "--json").json["runs"]
    (change,) = run["statement"]["changes"]
    assert base_in(change) == (1100, 600, 500)


def test_a_book_from_before_positions_had_a_base_value_is_sound(
    tieout, statements, folder, monkeypatch
):
    days = sold_in_two_parts(tieout, statements)
    with monkeypatch.context() as older:
        older.setattr(movements, "base_after", lambda *_: None)
        next(days)
    old = sqlite3.connect(folder / "tieout.db", isolation_level=None)
    old.execute("ALTER TABLE positions DROP COLUMN base")
    old.execute("UPDATE alembic_version SET version_num = '0006'")
    old.close()
    assert tieout("verify").status == 0
    next(days)
    (ended,) = tieout("positions", "--all", "--json").json["ended"]
    assert "base" not in ended  # of the first part it was not kept
    assert tieout("verify").status == 0
