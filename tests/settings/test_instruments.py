"""What may be said about instruments in tieout.toml, and what a wrong word says."""

from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest

from tieout.core.declared import Declared
from tieout.core.errors import SettingsError
from tieout.settings import Settings, read_settings

CONNECTIONS = """
[[connections]]
name = "gateway"
venue = "ibkr"
[[connections]]
name = "other"
venue = "ibkr"
"""


@pytest.fixture
def read(tmp_path: Path):
    def reader(text: str, **environment: str) -> Settings:
        (tmp_path / "tieout.toml").write_text(f"{text}\n{CONNECTIONS}", encoding="utf-8")
        return read_settings(environment=environment, folder=tmp_path)

    return reader


def refused(read, text: str) -> str:
    with pytest.raises(SettingsError) as caught:
        read(text)
    return str(caught.value)


def test_an_instrument_has_the_words_of_a_case_file(read):
    settings = read("""
[instruments."ESZ6"]
asset_class = "future"
multiplier = 50
currency = "USD"
venue_id = "495512552"
venue_ids = ["1", "495512552"]
spellings = ["ES 20261218"]
expires = 2026-12-18
price_decimals = 2
inverse = false
""")
    (found,) = settings.declared_for("gateway/U1")
    assert found == Declared(
        symbol="ESZ6", asset_class="future", multiplier=Decimal(50), currency="USD",
        venue_ids=("495512552", "1"), spellings=("ES 20261218",), expires=date(2026, 12, 18),
        price_decimals=2, inverse=False,
    )  # fmt: skip


def test_numbers_are_exact_and_a_day_may_be_a_text(read):
    (found,) = read("""
[instruments." BTC/USD "]
multiplier = 0.1000000000000000055511151231257827
expires = "2026-12-18"
""").declared_for("gateway/U1")
    assert (found.symbol, found.expires) == ("BTC/USD", date(2026, 12, 18))
    assert str(found.multiplier) == "0.1000000000000000055511151231257827"


def test_it_counts_at_every_connection_or_at_those_that_are_named(read):
    settings = read("""
[instruments."A"]
multiplier = 2
[instruments."B"]
multiplier = 3
connections = ["other"]
""")
    assert [each.symbol for each in settings.declared_for("gateway/U1")] == ["A"]
    assert [each.symbol for each in settings.declared_for("other/U1")] == ["A", "B"]


def test_it_has_a_name_in_the_environment(read):
    text = '[instruments."IBCID5"]\nmultiplier = 1'
    (found,) = read(text, TIEOUT_INSTRUMENTS_IBCID5_MULTIPLIER="10").declared_for("gateway/U1")
    assert found.multiplier == 10


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ("multiplier = 0", "instruments.ESZ6.multiplier: is 0, must be a number above 0"),
        ('multiplier = "many"', "must be a number above 0"),
        ("multiplier = nan", "must be a number above 0"),
        ('asset_class = "bonds"', "must be one of stock, option, future"),
        ("expires = 2026-12-18T10:00:00Z", "must be a day such as 2026-12-18"),
        ('expires = "18.12.2026"', "must be a day such as 2026-12-18"),
        ("expires = 20261218", "must be a day such as 2026-12-18"),
        ("price_decimals = 51", "must be a whole number from 0 to 50"),
        ("price_decimals = 1.5", "must be a whole number from 0 to 50"),
        ('inverse = "maybe"', "must be true or false"),
        ("multiplyer = 10", "is no setting; did you mean multiplier?"),
        ('connections = ["gatway"]', "'gatway' is no connection; did you mean gateway?"),
        ("", "says nothing; allowed: asset_class, connections"),
    ],
)
def test_a_wrong_word_is_one_clear_error_with_its_place(read, line, words):
    message = refused(read, f'[instruments."ESZ6"]\n{line}\n')
    assert words in message
    assert "tieout.toml:" in message
    assert "settings are wrong" not in message


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ('instruments = "ESZ6"', 'must be a table, write [instruments."SYMBOL"]'),
        ("[[instruments]]\nsymbol = 'ESZ6'", 'must be a table, write [instruments."SYMBOL"]'),
        ("[instruments]\nESZ6 = 50", "must be a table"),
        ('[instruments.""]\nmultiplier = 1', "has no symbol"),
        (
            '[instruments."BTC/USD"]\nmultiplier = 1\n[instruments."BTC-USD"]\nmultiplier = 2',
            "has the name BTCUSD, which BTC/USD has too",
        ),
        (
            '[instruments."A"]\nvenue_id = "5"\n[instruments."B"]\nvenue_id = "5"',
            "has the id 5, which A has too",
        ),
        (
            '[instruments."A"]\nspellings = ["y"]\n[instruments."B"]\nspellings = ["X", "Y"]',
            "has the name Y, which A has too",
        ),
    ],
)
def test_a_table_of_another_form_is_refused(read, text, words):
    assert words in refused(read, text)
