"""What is set for a service: its table, the names of seeds 001 and 002, whom it tells, changes."""

from dataclasses import replace
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from tieout.core.errors import SettingsError
from tieout.settings import Secret, Settings, read_settings
from tieout.settings.runtime import with_runtime
from tieout.settings.values import AccountSettings, Alerts, Service

SERVICE = """
[service]
enabled = false
schedule = "0 9 * * 1-5"
timezone = "Europe/Berlin"
first_run_s = 2.5
port = 8080
log = "json"
sync_on_trade = false
quiet_s = 0.25
stop_limit_s = 5
"""
TELLING = """
[alerts]
after_failures = 3
repeat_hours = 0.5

[[webhooks]]
name = "ops"
url = "https://ops.example/hook"
secret = "env:HOOK_SECRET"
types = ["alert:*", "break:opened"]
accounts = ["paper/1"]

[[notifications]]
name = "desk"
url = "file:desk.url"
"""


@pytest.fixture
def read(tmp_path: Path):
    def reader(text: str = "", **environment: str) -> Settings:
        (tmp_path / "tieout.toml").write_text(text, encoding="utf-8")
        return read_settings(environment=environment, folder=tmp_path)

    return reader


@pytest.fixture
def refused(read):
    def reader(text: str = "", **environment: str) -> str:
        with pytest.raises(SettingsError) as caught:
            read(text, **environment)
        return str(caught.value)

    return reader


def test_without_a_word_it_runs_every_five_minutes_in_new_york_on_this_machine(read):
    service = read().service
    assert (service.schedule, service.timezone) == ("*/5 * * * *", "America/New_York")
    assert service.first_run_s == 10
    assert service.enabled
    assert service.sync_on_trade
    assert service.sync_on_position_update
    assert (service.host, service.port) == ("127.0.0.1", 5000)
    assert service.default_account is None


def test_the_table_is_read(read):
    assert read(SERVICE).service == Service(
        enabled=False,
        schedule="0 9 * * 1-5",
        timezone="Europe/Berlin",
        first_run_s=Decimal("2.5"),
        port=8080,
        log="json",
        sync_on_trade=False,
        quiet_s=Decimal("0.25"),
        stop_limit_s=Decimal(5),
    )


def test_the_environment_comes_before_the_table(read):
    service = read(
        SERVICE, TIEOUT_SERVICE_PORT="9000", TIEOUT_SERVICE_ENABLED="yes", TIEOUT_SERVICE_LOG=""
    ).service
    assert (service.port, service.enabled, service.log) == (9000, True, "json")


def test_the_names_of_seeds_001_and_002_mean_the_same(read):
    settings = read(
        POSITION_SYNC_ENABLED="false",
        POSITION_SYNC_SYNC_INTERVAL="120",
        POSITION_SYNC_SYNC_ON_TRADE="false",
        POSITION_SYNC_SYNC_ON_POSITION_UPDATE="false",
        POSITION_SYNC_MARK_MISSING_AS_CLOSED="true",
        POSITION_SYNC_CALCULATE_REALIZED_PNL="true",
        POSITION_SYNC_DEFAULT_ACCOUNT_ID="1",
    )
    assert settings.service == Service(
        enabled=False,
        schedule="120",
        sync_on_trade=False,
        sync_on_position_update=False,
        default_account="1",
    )
    assert settings.policy_for("gateway/U1", venue="ibkr").on_missing == "close"


def test_the_environment_of_seed_002_as_printed_is_understood(read):
    settings = read(
        POSITION_SYNC_ENABLED="true",
        POSITION_SYNC_SYNC_INTERVAL="300",
        POSITION_SYNC_SYNC_ON_TRADE="true",
        POSITION_SYNC_SYNC_ON_POSITION_UPDATE="true",
        POSITION_SYNC_CALCULATE_REALIZED_PNL="true",
        POSITION_SYNC_DEFAULT_ACCOUNT_ID="1",
    )
    assert settings.service == Service(schedule="300", default_account="1")


def test_a_missing_position_at_ibkr_is_flagged_unless_somebody_says_otherwise(read):
    assert read().policy_for("gateway/U1", venue="ibkr").on_missing == "flag"
    said = read(POSITION_SYNC_MARK_MISSING_AS_CLOSED="false")
    assert said.policy_for("paper/1", venue="alpaca").on_missing == "flag"


def test_our_own_names_come_before_those_of_the_seeds(read):
    service = read(
        '[service]\nschedule = "60"',
        POSITION_SYNC_SYNC_INTERVAL="120",
        TIEOUT_SERVICE_SCHEDULE="240",
        POSITION_SYNC_ENABLED="false",
    ).service
    assert (service.schedule, service.enabled) == ("240", False)
    assert read(
        '[service]\nschedule = "60"', POSITION_SYNC_SYNC_INTERVAL="120"
    ).service.schedule == ("120")


@pytest.mark.parametrize(
    ("name", "value", "said"),
    [
        ("POSITION_SYNC_SYNC_INTERVALL", "5", "did you mean POSITION_SYNC_SYNC_INTERVAL?"),
        ("POSITION_SYNC_SYNC_ON_TRADES", "true", "did you mean POSITION_SYNC_SYNC_ON_TRADE?"),
        ("POSITION_SYNC_CALCULATE_REALIZED_PNL", "false", "realized P&L is always computed"),
        ("POSITION_SYNC_SYNC_INTERVAL", "0", "at least 1"),
        ("POSITION_SYNC_SYNC_INTERVAL", "*/5 * * * *", "POSITION_SYNC_SYNC_INTERVAL"),
        ("POSITION_SYNC_ENABLED", "perhaps", "'perhaps'"),
        ("POSITION_SYNC_CALCULATE_REALIZED_PNL", "x", "'x'"),
        ("TIEOUT_SERVICE_SHEDULE", "5", "did you mean TIEOUT_SERVICE_SCHEDULE?"),
        ("TIEOUT_SERVICE_PORT", "65536", "from 0 to 65535"),
    ],
)
def test_a_wrong_name_or_value_is_refused_with_the_right_one(refused, name, value, said):
    message = refused(**{name: value})
    assert name in message
    assert said in message


def test_every_wrong_value_is_named_at_once_with_its_line(refused, tmp_path):
    message = refused(
        '[service]\nenabled = "perhaps"\nport = -1\nlog = "xml"\nshedule = "5"\n',
        POSITION_SYNC_ENABLE="true",
    )
    assert message.startswith("5 settings are wrong")
    for line, name in ((2, "enabled"), (3, "port"), (4, "log"), (5, "shedule")):
        assert f"{tmp_path / 'tieout.toml'}:{line}: service.{name}" in message


# Whom it tells


def test_alerts_webhooks_and_notifications_are_read(read, tmp_path):
    (tmp_path / "desk.url").write_text("slack://planted/token\n")
    settings = read(TELLING, HOOK_SECRET="whsec_cGxhbnRlZA==")
    (hook,), (desk,) = settings.webhooks, settings.notifications
    assert settings.alerts == Alerts(after_failures=3, repeat_hours=Decimal("0.5"))
    assert (hook.name, hook.types, hook.accounts) == (
        "ops",
        ("alert:*", "break:opened"),
        ("paper/1",),
    )
    assert hook.url == Secret("https://ops.example/hook")
    assert hook.secret == Secret("whsec_cGxhbnRlZA==")
    assert desk.url == Secret("slack://planted/token")
    assert "planted" not in repr(settings)
    assert "ops.example" not in repr(settings)


HOOK = "[[webhooks]]\nname = 'a'\nurl = 'https://h'\n"


@pytest.mark.parametrize(
    ("text", "named"),
    [
        ("[alerts]\nafter_failures = 0", "alerts.after_failures"),
        ("[alerts]\nrepeat_hours = -1", "alerts.repeat_hours"),
        ("[alerts]\nrepeat = 1", "alerts.repeat"),
        ("[alerts]\nquiet = []", "alerts.quiet"),
        ('[alerts]\nquiet = "23:45"', 'must be like "23:45-00:30"'),
        ('[alerts]\nquiet = "23:45-24:30"', 'must be like "23:45-00:30"'),
        ('[alerts]\nquiet = "nobody 23:45-00:30"', "no connection is named 'nobody'"),
        ("[webhooks]\nname = 'a'", "write [[webhooks]]"),
        ("[[webhooks]]\nurl = 'https://h'\nsecret = 's'", "webhooks.[1].name"),
        ("[[webhooks]]\nname = 'a'\nsecret = 's'", "webhooks.a.url: is missing"),
        ("[[webhooks]]\nname = 'a'\nurl = 'https://h'", "webhooks.a.secret: is missing"),
        ("[[webhooks]]\nname = 'a'\nurl = 'http://planted.h/t'\nsecret = 's'", "webhooks.a.url"),
        ("[[webhooks]]\nname = 'a'\nurl = 'ftp://planted/t'\nsecret = 's'", "webhooks.a.url"),
        (
            "[[webhooks]]\nname = 'a'\nurl = 'https://u:planted@h'\nsecret = 's'",
            "webhooks.a.url: must not carry a user or password, the receiver knows us by the",
        ),
        ("[[webhooks]]\nname = 'a'\nurl = 5\nsecret = 's'", "webhooks.a.url"),
        ("[[webhooks]]\nname='a'\nurl='https://h'\nsecret='s'\ntype=['x']", "did you mean types?"),
        ("[[webhooks]]\nname='a'\nurl='https://h'\nsecret='s'\ntypes=[1]", "webhooks.a.types"),
        (HOOK + "secret = 'whsec_planted!!'", "webhooks.a.secret: must be base64 after whsec_"),
        (HOOK + "secret = 'whsec_'", "webhooks.a.secret: must be base64 after whsec_"),
        (HOOK + "secret='s'\ntypes=['bogus:*']", "webhooks.a.types: is ['bogus:*'], bogus:*: must"),
        (
            "[[notifications]]\nname='a'\nurl='json://h'\ntypes='run:held,runs'",
            "notifications.a.types: is 'run:held,runs', runs: must be of position:updated, ",
        ),
        ("[[notifications]]\nname = 'a'", "notifications.a.url: is missing"),
        ("[[notifications]]\nname = 'a'\nurl = 'env:'", "notifications.a.url: has no name"),
        (
            "[[notifications]]\nname='a'\nurl='json://planted'\n" * 2,
            "second notification named 'a'",
        ),
    ],
)
def test_a_wrong_way_of_telling_is_named_and_no_secret_is_shown(refused, text, named):
    message = refused(text)
    assert named in message
    assert "planted" not in message


# Changes at run time


CONNECTED = '[[connections]]\nname = "paper"\nvenue = "alpaca"\nkey = "k"\nsecret = "s"\n'


def changed(settings: Settings, **values: Any) -> Service:
    return with_runtime(settings, {f"service.{key}": each for key, each in values.items()}).service


def test_what_may_change_at_run_time_changes(read):
    before = read(CONNECTED)
    found = changed(before, schedule="60", timezone="UTC", sync_on_trade=False, stale_page_s=30)
    assert found == replace(
        before.service,
        schedule="60",
        timezone="UTC",
        sync_on_trade=False,
        stale_page_s=Decimal(30),
    )


@pytest.mark.parametrize("seconds", [60, Decimal(60), "60", " 60 "])
def test_seconds_may_be_a_number_or_a_text(read, seconds):
    assert changed(read(CONNECTED), schedule=seconds).schedule == "60"
    if not isinstance(seconds, Decimal):
        text = f'"{seconds}"' if isinstance(seconds, str) else seconds
        assert read(f"[service]\nschedule = {text}").service.schedule == "60"


@pytest.mark.parametrize("wrong", ["true", "1.5", '""', "[60]", "nan", "inf"])
def test_a_schedule_that_is_neither_seconds_nor_a_text_is_refused(refused, wrong):
    assert "service.schedule: is " in refused(f"[service]\nschedule = {wrong}")


def test_events_are_not_gathered_for_longer_than_the_longest_time(refused):
    message = refused("[service]\nquiet_s = 10\nquiet_s_max = 5")
    assert "service.quiet_s: is 10, must be at most quiet_s_max, which is 5" in message


def test_a_policy_changes_on_top_of_what_the_file_says(read):
    before = read(
        CONNECTED + '[accounts."paper/1"]\nname = "main"\n'
        '[accounts."paper/1".policy]\ncost_basis = "fifo"\n'
        '[accounts."paper/1".policy.tolerance]\nmoney = 1\n'
    )
    key = "accounts.paper/1.policy"
    after = with_runtime(
        before, {f"{key}.on_missing": "delete", f"{key}.tolerance.quantity": "0.5"}
    )
    policy = after.policy_for("paper/1", venue="alpaca")
    assert (policy.on_missing, policy.cost_basis) == ("delete", "fifo")
    assert (policy.tolerance.money, policy.tolerance.quantity) == (Decimal(1), Decimal("0.5"))
    assert after.name_of("paper/1") == "main"
    assert before.accounts["paper/1"] == AccountSettings(
        key="paper/1",
        name="main",
        policy={"cost_basis": "fifo", "tolerance": {"money": Decimal(1)}},
    )


def test_every_wrong_change_is_named(read):
    wrong: dict[str, Any] = {
        "service.port": 80,
        "service.shedule": "5",
        "service.sync_on_trade": "perhaps",
        "service.is_paused": "perhaps",
        "accounts.paper/1.policy.on_mising": "close",
        "accounts.paper/1.policy.on_missing": "keep",
        "accounts.paper/1.policy.tolerance.money": "-1",
        "accounts.nobody/1.policy.truth": "book",
        "store.url": "sqlite:///other.db",
        "": 1,
    }
    with pytest.raises(SettingsError) as caught:
        with_runtime(read(CONNECTED), wrong)
    message = str(caught.value)
    assert message.startswith(f"{len(wrong)} settings are wrong")
    assert [key for key in wrong if key not in message] == []
    for closest in ("did you mean service.schedule?", "did you mean on_missing?"):
        assert closest in message


# Proxies and names


def test_proxies_are_addresses_and_networks(read):
    given = read('[service]\ntrusted_proxies = ["10.0.0.5", "fd00::/8"]\n').service
    assert [str(each) for each in given.trusted_proxies] == ["10.0.0.5/32", "fd00::/8"]
    by_name = read(TIEOUT_SERVICE_TRUSTED_PROXIES="10.0.0.5, 192.0.2.0/24").service
    assert [str(each) for each in by_name.trusted_proxies] == ["10.0.0.5/32", "192.0.2.0/24"]


def test_names_are_those_of_a_browser_without_scheme_and_port(read):
    given = read('[service]\nhosts = ["Book.Example.", "192.0.2.1", "::1"]\n').service
    assert given.hosts == ("book.example", "192.0.2.1", "::1")


def test_nobody_is_trusted_and_no_other_name_is_ours_unless_set(read):
    for text in ("", "[service]\ntrusted_proxies = []\nhosts = []\n"):
        given = read(text).service
        assert (given.trusted_proxies, given.hosts) == ((), ())


@pytest.mark.parametrize("wrong", ["10.0.0.5/8", "proxy.example", "10.0.0", "0.0.0.0/0", "::/0"])
def test_a_proxy_that_is_none_is_refused_with_what_is_allowed(refused, wrong):
    told = refused(TIEOUT_SERVICE_TRUSTED_PROXIES=wrong)
    assert f"TIEOUT_SERVICE_TRUSTED_PROXIES: is '{wrong}', must be a list of addresses" in told


@pytest.mark.parametrize("wrong", ["https://a.example", "a.example:80", "*", "*.a.example", "a b"])
def test_a_host_that_is_no_name_is_refused_with_what_is_allowed(refused, wrong):
    told = refused(f'[service]\nhosts = ["{wrong}"]\n')
    assert "service.hosts: is" in told
    assert "must be a list of names such as tieout.example.com" in told
