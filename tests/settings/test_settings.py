"""What may be set, where it is looked for, and what a wrong value says."""

from decimal import Decimal
from pathlib import Path

import pytest

from tieout.core.errors import SettingsError
from tieout.core.policy import KindRule, Policy, Tolerance
from tieout.settings import Secret, Settings, read_settings
from tieout.settings.schema import VENUES
from tieout.venues.registry import IN_THE_TREE

WHOLE = """
[store]
url = "sqlite:///tieout.db"
events_days = 14

[runs]
deadline_s = 30
evidence_days = 7

[[connections]]
name = "alpaca-paper"
venue = "alpaca"
address = "http://127.0.0.1:9101"
stream_address = "ws://127.0.0.1:9101/stream"
key = "env:PAPER_KEY"
secret = "file:paper.secret"

[[connections]]
name = "gateway"
venue = "ibkr"
address = "127.0.0.1:4002"
client_id = 7

[accounts."alpaca-paper/*".policy]
missing_confirmations = 3

[accounts."alpaca-paper/PA3XYZ"]
name = "main"
[accounts."alpaca-paper/PA3XYZ".policy]
on_missing = "delete"
cost_basis = "fifo"
guard_close_share = 0.25
[accounts."alpaca-paper/PA3XYZ".policy.tolerance]
average_price = "0.01"
[accounts."alpaca-paper/PA3XYZ".policy.by_kind.cost]
truth = "book"
limit = 10.50

[allocation]
alpaca = 0.80
ibkr = 0.20
tolerance = 0.05
"""


@pytest.fixture
def read(tmp_path: Path):
    def reader(text: str | None = None, **environment: str) -> Settings:
        if text is not None:
            (tmp_path / "tieout.toml").write_text(text, encoding="utf-8")
        return read_settings(environment=environment, folder=tmp_path)

    return reader


@pytest.fixture
def refused(read):
    def reader(text: str | None = None, **environment: str) -> str:
        with pytest.raises(SettingsError) as caught:
            read(text, **environment)
        return str(caught.value)

    return reader


def test_a_whole_file_is_read(read, tmp_path):
    (tmp_path / "paper.secret").write_text("s3cret\n")
    settings = read(WHOLE, PAPER_KEY="PK1")
    paper, gateway = settings.connections
    assert settings.store_url == f"sqlite:///{tmp_path}/tieout.db"
    assert (settings.deadline_s, settings.evidence_days) == (Decimal(30), 7)
    assert settings.events_days == 14
    assert (paper.name, paper.venue) == ("alpaca-paper", "alpaca")
    assert paper.address == "http://127.0.0.1:9101"
    assert paper.stream_address == "ws://127.0.0.1:9101/stream"
    assert paper.key == Secret("PK1")
    assert paper.secret == Secret("s3cret")
    assert (gateway.address, gateway.client_id) == ("127.0.0.1:4002", 7)
    assert settings.name_of("alpaca-paper/PA3XYZ") == "main"
    assert settings.allocation.targets == {"alpaca": Decimal("0.80"), "ibkr": Decimal("0.20")}


def test_the_policy_is_the_venues_then_that_of_all_accounts_then_its_own(read):
    settings = read(WHOLE)
    assert settings.policy_for("alpaca-paper/PA3XYZ", venue="alpaca") == Policy(
        on_missing="delete",
        missing_confirmations=3,
        cost_basis="fifo",
        guard_close_share=Decimal("0.25"),
        tolerance=Tolerance(average_price=Decimal("0.01")),
        by_kind={"cost": KindRule(truth="book", limit=Decimal("10.50"))},
    )
    assert settings.policy_for("alpaca-paper/PA9", venue="alpaca") == Policy(
        missing_confirmations=3
    )
    assert settings.policy_for("gateway/U1", venue="ibkr").on_missing == "flag"


def test_without_anything_set_there_is_a_book_in_this_folder_and_no_connection(read, tmp_path):
    settings = read()
    assert settings.store_url == f"sqlite:///{tmp_path}/tieout.db"
    assert settings.connections == ()
    assert settings.path is None


def test_alpacas_own_names_make_a_connection(read):
    settings = read(APCA_API_KEY_ID="PK1", APCA_API_SECRET_KEY="s", APCA_API_BASE_URL="https://h")
    (found,) = settings.connections
    assert (found.name, found.venue, found.address) == ("alpaca", "alpaca", "https://h")
    assert found.key == Secret("PK1")
    assert found.secret == Secret("s")


@pytest.mark.parametrize("prefix", ["COINBASE", "COINBASE_API"])
def test_coinbases_own_names_make_a_connection_and_its_sdks_names_too(read, prefix):
    pem = "-----BEGIN EC PRIVATE KEY-----\nAAAA\n-----END EC PRIVATE KEY-----\n"
    settings = read(**{f"{prefix}_KEY": "organizations/a/apiKeys/b", f"{prefix}_SECRET": pem})
    (found,) = settings.connections
    assert (found.name, found.venue, found.address) == ("coinbase", "coinbase", None)
    assert found.key == Secret("organizations/a/apiKeys/b")
    assert found.secret is not None
    assert found.secret.reveal().split() == pem.split()


def test_of_two_names_for_the_same_tieouts_comes_first(read):
    settings = read(COINBASE_KEY="ours", COINBASE_API_KEY="theirs", COINBASE_API_SECRET="s")
    assert settings.connections[0].key == Secret("ours")
    assert settings.connections[0].secret == Secret("s")


def test_a_connection_without_key_takes_the_venues_own_names(read):
    text = '[[connections]]\nname = "a"\nvenue = "alpaca"\n'
    (found,) = read(text, APCA_API_KEY_ID="PK1").connections
    assert found.key == Secret("PK1")
    assert found.secret is not None
    with pytest.raises(SettingsError, match="set the environment variable APCA_API_SECRET_KEY"):
        found.secret.reveal()


def test_a_key_in_the_file_is_not_replaced_by_the_venues_own_name(read):
    text = '[[connections]]\nname = "a"\nvenue = "alpaca"\nkey = "PK-file"\n'
    assert read(text, APCA_API_KEY_ID="PK1").connections[0].key == Secret("PK-file")


def test_every_key_has_an_environment_name_which_comes_first(read):
    settings = read(
        WHOLE,
        TIEOUT_STORE_URL="postgresql://book@localhost/tieout",
        TIEOUT_RUNS_DEADLINE_S="45",
        TIEOUT_CONNECTIONS_ALPACA_PAPER_KEY="PK2",
        TIEOUT_CONNECTIONS_ALPACA_PAPER_ADDRESS="https://paper.example",
        TIEOUT_CONNECTIONS_GATEWAY_CLIENT_ID="8",
        TIEOUT_ACCOUNTS_ALPACA_PAPER_PA3XYZ_NAME="trend",
        TIEOUT_ACCOUNTS_ALPACA_PAPER_PA3XYZ_POLICY_GUARD_EMPTY="no",
        TIEOUT_ACCOUNTS_ALPACA_PAPER_PA3XYZ_POLICY_TOLERANCE_QUANTITY="0.5",
        TIEOUT_ACCOUNTS_ALPACA_PAPER_PA3XYZ_POLICY_BY_KIND_COST_TRUTH="manual",
        TIEOUT_ACCOUNTS_GATEWAY_ALL_POLICY_ON_MISSING="close",
        TIEOUT_ALLOCATION_ALPACA="0.7",
    )
    paper, gateway = settings.connections
    policy = settings.policy_for("alpaca-paper/PA3XYZ", venue="alpaca")
    assert settings.store_url == "postgresql://book@localhost/tieout"
    assert settings.deadline_s == 45
    assert paper.key == Secret("PK2")
    assert paper.address == "https://paper.example"
    assert gateway.client_id == 8
    assert settings.name_of("alpaca-paper/PA3XYZ") == "trend"
    assert policy.guard_empty is False
    assert policy.tolerance.quantity == Decimal("0.5")
    assert policy.by_kind["cost"].truth == "manual"
    assert settings.policy_for("gateway/U1", venue="ibkr").on_missing == "close"
    assert settings.allocation.targets["alpaca"] == Decimal("0.7")


def test_a_venue_has_its_share_before_it_is_connected(read):
    text = '[allocation]\nhyperliquid = 0.5\n"ccxt:kraken" = 0.1\nours = 0.2\n'
    text += '[[connections]]\nname = "a"\nvenue = "ours"\n'
    found = read(text, TIEOUT_ALLOCATION_COINBASE="0.1").allocation
    assert found.targets == {
        "ccxt:kraken": Decimal("0.1"), "coinbase": Decimal("0.1"), "hyperliquid": Decimal("0.5"),
        "ours": Decimal("0.2"),
    }  # fmt: skip


def test_every_venue_in_the_tree_may_have_a_share():
    assert {each for each in IN_THE_TREE if each != "ccxt"} == set(VENUES)


def test_db_path_names_the_sqlite_file_and_gives_way_to_the_store_url(read, tmp_path):
    assert read(WHOLE, DB_PATH="logs/book.db").store_url == f"sqlite:///{tmp_path}/logs/book.db"
    found = read(WHOLE, DB_PATH="a.db", TIEOUT_STORE_URL="sqlite:////srv/b.db").store_url
    assert found == "sqlite:////srv/b.db"


def test_a_relative_database_is_beside_the_file_that_names_it(tmp_path):
    (tmp_path / "desk").mkdir()
    path = tmp_path / "desk" / "book.toml"
    path.write_text('[store]\nurl = "sqlite:///desk.db"\n')
    settings = read_settings(path, environment={}, folder=tmp_path)
    assert settings.store_url == f"sqlite:///{tmp_path}/desk/desk.db"


def test_the_file_is_the_one_given_then_that_of_the_environment_then_the_folders(tmp_path):
    for name in ("given", "named", "tieout"):
        (tmp_path / f"{name}.toml").write_text(f'[store]\nurl = "sqlite:////srv/{name}.db"\n')
    environment = {"TIEOUT_CONFIG": str(tmp_path / "named.toml")}
    given = tmp_path / "given.toml"
    read = [
        read_settings(given, environment=environment, folder=tmp_path),
        read_settings(environment=environment, folder=tmp_path),
        read_settings(environment={}, folder=tmp_path),
    ]
    assert [Path(each.store_url).name for each in read] == ["given.db", "named.db", "tieout.db"]


@pytest.mark.parametrize(("said", "policy"), [("true", "close"), ("false", "flag"), ("1", "close")])
def test_seed_001s_switch_decides_what_a_missing_position_means(read, said, policy):
    settings = read(POSITION_SYNC_MARK_MISSING_AS_CLOSED=said)
    assert settings.policy_for("gateway/U1", venue="ibkr").on_missing == policy


def test_an_accounts_own_policy_beats_seed_001s_switch(read):
    settings = read(WHOLE, POSITION_SYNC_MARK_MISSING_AS_CLOSED="false")
    assert settings.policy_for("alpaca-paper/PA3XYZ", venue="alpaca").on_missing == "delete"


def test_a_secret_is_never_shown():
    secret = Secret("s3cret")
    assert "s3cret" not in f"{secret} {secret!r} {[secret]}"


WRONG = [
    ("[store]\nurl = 5\n", ":2: store.url: is 5, must be"),
    ('[store]\nurl = "mysql://x"\n', "is 'mysql://x', must be sqlite:///FILE or postgresql"),
    ('[store]\nurl = "sqlite://x.db"\n', "must be sqlite:///FILE"),
    ("[store\n", "is not TOML"),
    ('[store]\nurl = "a"\nurl = "b"\n', "is not TOML"),
    ('[stroe]\nurl = "a"\n', ":1: stroe: is no setting; did you mean store?"),
    ("store = 3\n", "store: must be a table"),
    ("connections = 3\n", "connections: must be a list of tables"),
    ("connections = [3]\n", "connections.[1]: must be a table"),
    ("accounts = 3\n", "accounts: must be a table"),
    ("allocation = 3\n", "allocation: must be a table"),
    ("[runs]\ndeadline_s = 0\n", ":2: runs.deadline_s: is 0, must be a number from 1 to 3600"),
    ("[runs]\ndeadline_s = nan\n", "is NaN, must be a number from 1 to 3600"),
    ("[runs]\nevidence_days = 1.5\n", "is 1.5, must be a whole number from 0 to 36500"),
    ('[[connections]]\nvenue = "alpaca"\n', "connections.[1].name: must be a text without slash"),
    ('[[connections]]\nname = "a/b"\n', ":2: connections.[1].name: must be a text without slash"),
    ('[[connections]]\nname = "a"\n', "connections.a.venue: is missing"),
    ("[allocation]\nalpaca = 0.8\nibkr = 0.3\n", "the shares add up to 1.1, must be at most 1"),
    ('[allocation]\nalpaca = "much"\n', "is 'much', must be a number from 0 to 1"),
    (
        "[allocation]\nfoo = 0.2\n",
        ":2: allocation.foo: is no venue; allowed: alpaca, ccxt:<id>, "
        "coinbase, file, hyperliquid, ibkr, ibkr-flex, tolerance",
    ),
    ("[allocation]\nhyperlikwid = 0.2\n", "is no venue; did you mean hyperliquid?"),
    ('[allocation]\n"ccxt:" = 0.2\n', "allocation.ccxt:: is no venue; did you mean ccxt:<id>?"),
]


@pytest.mark.parametrize(("text", "message"), WRONG)
def test_a_wrong_file_is_told_with_its_place_and_what_is_allowed(refused, text, message):
    found = refused(text)
    assert message in found
    assert "tieout.toml" in found


CONNECTION = '[[connections]]\nname = "a"\nvenue = "alpaca"\n'
WRONG_IN_A_CONNECTION = [
    ('adress = "https://x"', ":4: connections.a.adress: is no setting; did you mean address?"),
    ('address = "http://10.0.0.1"', "must be https:// there: http:// is for this machine only"),
    ('address = "ftp://x"', "must be https://HOST, or http://HOST on this machine"),
    ('address = "https://"', "must be https://HOST"),
    ('address = "https://me:pw@host"', "must not carry a user or password, use key"),
    ('address = "somewhere"', "or HOST:PORT for a gateway"),
    ('address = "host:99999"', "or HOST:PORT for a gateway"),
    ('address = "http://[::1"', "must be https://HOST"),
    ('stream_address = "ws://10.0.0.1"', "must be wss:// there: ws:// is for this machine only"),
    ('stream_address = "https://x"', "must be wss://HOST"),
    ("client_id = -1", "is -1, must be a whole number of at least 0"),
    ('key = "env:"', "has no name after env:"),
    ("key = 17", "connections.a.key: must be a text that is not empty"),
    ("options = 3", "connections.a.options: must be a table"),
    ('[[connections]]\nname = "a"\nvenue = "alpaca"', "is the second connection named 'a'"),
    ('[accounts."b/X"]\nname = "n"', ':4: accounts."b/X": must be connection/account'),
    ('[accounts.X]\nname = "n"', "must be connection/account or connection/*"),
    ('[accounts."a/X"]\nnme = "n"', "is no setting; did you mean name?"),
    ('[accounts."a/*"]\nname = "n"', "a name is of one account, not of all"),
    ('[accounts."a/X"]\nname="n"\n[accounts."a/Y"]\nname = "n"', "'n' names a/X too"),
    ('[accounts."a/X".policy]\non_missing = "Close"', "must be one of flag, close, delete"),
    ('[accounts."a/X".policy]\ntruth = true', "is True, must be one of broker, book, manual"),
    ('[accounts."a/X".policy]\nguard_empty = "maybe"', "must be true or false"),
    ('[accounts."a/X".policy]\nguard_close_share = 2', "must be a number from 0 to 1"),
    ('[accounts."a/X".policy]\ntolerance = 1', "policy.tolerance: must be a table"),
    ('[accounts."a/X".policy]\npolicy = 1', "policy.policy: is no setting; allowed:"),
    ('[accounts."a/X".policy.by_kind]\nkost = {truth="book"}', "did you mean cost?"),
    ('[accounts."a/X".policy.by_kind.cost]\nlimit = 3', "has no truth"),
    ('[accounts."a/X".policy]\nby_kind = 3', "must be a table of kinds of break"),
]  # fmt: skip


@pytest.mark.parametrize(("text", "message"), WRONG_IN_A_CONNECTION)
def test_a_wrong_connection_or_account_is_told_with_its_place(refused, text, message):
    assert message in refused(f"{CONNECTION}{text}\n")


WRONG_IN_THE_ENVIRONMENT = [
    ({"TIEOUT_STORE_URL": "oracle"}, "TIEOUT_STORE_URL: is 'oracle', must be sqlite:///FILE"),
    ({"TIEOUT_STORE_ULR": "x"}, "TIEOUT_STORE_ULR: is no setting"),
    ({"TIEOUT_RUNS_DEADLINE_S": "soon"}, "TIEOUT_RUNS_DEADLINE_S: is 'soon', must be a number"),
    ({"APCA_API_KEY_ID": "k", "APCA_API_BASE_URL": "http://far"}, "APCA_API_BASE_URL: is 'http"),
    ({"POSITION_SYNC_MARK_MISSING_AS_CLOSED": "2"}, "must be true or false"),
    ({"TIEOUT_CONFIG": "nowhere.toml"}, "TIEOUT_CONFIG: there is no file nowhere.toml"),
]


@pytest.mark.parametrize(("environment", "message"), WRONG_IN_THE_ENVIRONMENT)
def test_a_wrong_variable_is_named(refused, environment, message):
    assert message in refused(**environment)


def test_all_faults_are_told_at_once(refused):
    found = refused('[store]\nurl = "x"\n[runs]\ndeadline_s = 0\nspeed = 1\n')
    assert found.startswith("3 settings are wrong:\n")
    assert len(found.splitlines()) == 4


def test_two_names_that_are_one_in_the_environment_are_refused(refused):
    text = (
        '[[connections]]\nname = "a-b"\nvenue = "x"\n[[connections]]\nname = "a_b"\nvenue = "x"\n'
    )
    assert "has the same environment name as connections.a-b" in refused(text)


def test_a_secret_is_not_in_a_fault(refused):
    found = refused(f'{CONNECTION}key = "s3cret"\naddress = "https://me:s3cret@host"\nsecret = 1\n')
    assert "s3cret" not in found


@pytest.mark.parametrize(
    ("value", "content", "message"),
    [
        ("env:NOPE", None, "connections.a.key: set the environment variable NOPE"),
        ("file:key.txt", None, "No such file"),
        ("file:key.txt", b"", "key.txt is empty"),
        ("file:key.txt", b"\xff", "is not text in UTF-8"),
        ("file:key.txt", b"x" * 70_000, "is longer than 65536 bytes"),
    ],
)
def test_a_secret_that_cannot_be_had_says_so_when_it_is_needed(
    read, tmp_path, value, content, message
):
    if content is not None:
        (tmp_path / "key.txt").write_bytes(content)
    (found,) = read(f'{CONNECTION}key = "{value}"\n').connections
    assert found.key is not None
    assert message in found.key.problem
    with pytest.raises(SettingsError, match=r"connections\.a\.key"):
        found.key.reveal()


def test_a_file_that_is_not_there_or_not_text_is_named(tmp_path):
    with pytest.raises(SettingsError, match="--config: there is no file"):
        read_settings(tmp_path / "no.toml", environment={}, folder=tmp_path)
    (tmp_path / "tieout.toml").write_bytes(b"\xff\xfe")
    with pytest.raises(SettingsError, match="is not text in UTF-8"):
        read_settings(environment={}, folder=tmp_path)


def test_a_connection_that_is_not_set_up_is_told_with_those_that_are(read):
    with pytest.raises(SettingsError, match="no connection is named 'x'; set up: alpaca-paper"):
        read(WHOLE).connection("x")
