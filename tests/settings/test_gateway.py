"""Where IBKR's gateway is, by the names that its users know."""

import pytest

from tieout.core.errors import SettingsError
from tieout.settings.reading import read_settings

IN_FILE = '[[connections]]\nname = "gateway"\nvenue = "ibkr"\n'


@pytest.fixture
def connections(tmp_path):
    def read(text: str = "", **environment: str):
        if text:
            (tmp_path / "tieout.toml").write_text(text, encoding="utf-8")
        return read_settings(environment=environment, folder=tmp_path).connections

    return read


@pytest.mark.parametrize(
    ("environment", "address"),
    [
        ({"IBKR_HOST": "gateway.local", "IBKR_PORT": "4002"}, "gateway.local:4002"),
        ({"IBKR_HOST": "gateway.local"}, "gateway.local:4001"),
        ({"IBKR_PORT": " 7497 "}, "127.0.0.1:7497"),
    ],
)
def test_host_and_port_make_a_connection(connections, environment, address):
    (found,) = connections(**environment, IBKR_CLIENT_ID="9")
    assert (found.name, found.venue) == ("ibkr", "ibkr")
    assert (found.address, found.client_id) == (address, 9)


def test_a_client_id_alone_makes_no_connection(connections):
    assert connections(IBKR_CLIENT_ID="9") == ()


def test_a_connection_in_the_file_takes_what_it_does_not_say(connections):
    (found,) = connections(IN_FILE, IBKR_HOST="10.0.0.7", IBKR_PORT="4002", IBKR_CLIENT_ID="9")
    assert (found.address, found.client_id) == ("10.0.0.7:4002", 9)


def test_what_the_file_says_is_not_replaced(connections):
    text = f'{IN_FILE}address = "127.0.0.1:4002"\nclient_id = 7\n'
    (found,) = connections(text, IBKR_PORT="7497", IBKR_CLIENT_ID="9")
    assert (found.address, found.client_id) == ("127.0.0.1:4002", 7)


@pytest.mark.parametrize(
    ("name", "value", "message"),
    [
        ("IBKR_PORT", "99999", "IBKR_PORT: is '99999', must be a whole number from 1 to 65535"),
        ("IBKR_CLIENT_ID", "me", "IBKR_CLIENT_ID"),
    ],
)
def test_a_wrong_value_is_named(connections, name, value, message):
    with pytest.raises(SettingsError, match=message):
        connections(**{"IBKR_HOST": "127.0.0.1", name: value})


def test_statements_are_found_beside_the_file_that_names_them(connections, tmp_path):
    (found,) = connections(f'{IN_FILE}flex = "statements"\n')
    assert found.flex == f"{tmp_path / 'statements'}"
    (found,) = connections(IN_FILE, IBKR_FLEX="/srv/flex")
    assert found.flex == "/srv/flex"
