"""P&L in the account's own currency from the shell, of a book kept by Flex statements."""

import pytest

from venues.flex import position, statement, trade, write

SETTINGS = """
[[connections]]
name = "flex"
venue = "ibkr-flex"
flex = "statements"
"""
EURO = {"currency": "EUR", "ibCommissionCurrency": "EUR"}
MONDAY, TUESDAY = ("20241118", "20241118"), ("20241119", "20241119")


@pytest.fixture
def statements(folder):
    (folder / "tieout.toml").write_text(SETTINGS, encoding="utf-8")
    made = folder / "statements"
    made.mkdir()
    return made


def synced(tieout, statements, *, sale_rate: str):
    """100 bought on Monday at 50 with the dollar at 1.10, sold on Tuesday at 55."""
    bought = trade("100", "50", dateTime="20241118;100000", ibExecID="a.01", transactionID="1",
                   fxRateToBase="1.10", ibCommission="0", **EURO)  # fmt: skip
    held = position("100", "5000", currency="EUR", reportDate="20241118")
    monday = {"Trades": bought, "OpenPositions": held}
    write(statements, statement(days=MONDAY, made="20241119;010000", currency="USD", **monday),
          name="1.xml")  # fmt: skip
    assert tieout("sync").status == 0
    sold = trade("-100", "55", dateTime="20241119;100000", ibExecID="b.01", transactionID="2",
                 fxRateToBase=sale_rate, ibCommission="0", **EURO)  # fmt: skip
    tuesday = {"Trades": sold, "OpenPositions": ""}
    write(statements, statement(days=TUESDAY, made="20241120;010000", currency="USD", **tuesday),
          name="2.xml")  # fmt: skip
    assert tieout("sync").status == 0


def test_the_base_value_is_shown_with_what_price_and_exchange_made_of_it(tieout, statements):
    synced(tieout, statements, sale_rate="1.20")
    (row,) = tieout("pnl", "--json").json["rows"]
    assert (row["currency"], row["net"]) == ("EUR", 500)
    base = {name: float(row["base"][name]) for name in ("net", "price", "exchange")}
    assert base == {"net": 1100, "price": 600, "exchange": 500}
    assert row["base"]["currency"] == "USD"
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
