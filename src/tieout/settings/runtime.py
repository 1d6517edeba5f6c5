"""Settings changed while the program runs: the same rules, on top of what was read at the start."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from tieout.settings import schema
from tieout.settings.faults import Reading, shown
from tieout.settings.rules import Rule, yes_or_no
from tieout.settings.source import closest
from tieout.settings.values import AccountSettings, Settings

# What may be changed: the rest (addresses, keys, ports) needs a restart.
CHANGEABLE = (
    "enabled",
    "schedule",
    "timezone",
    "sync_on_trade",
    "sync_on_position_update",
    "stale_page_s",
)
PAUSED = "service.is_paused"


def is_paused(changed: Mapping[str, Any]) -> bool:
    """Whether the schedule is paused, as these changes have it."""
    return yes_or_no(changed.get(PAUSED, False))


def with_runtime(settings: Settings, changed: Mapping[str, Any]) -> Settings:
    """The settings with these changes. Raises one SettingsError that names every wrong one.

    Keys are `service.schedule` and so on, `accounts.CONNECTION/ACCOUNT.policy.NAME`, and
    `service.is_paused`, which is checked here and kept elsewhere.
    """
    reading = Reading(environment={})
    service: dict[str, Any] = {}
    policies: dict[str, dict[str, Any]] = {}
    for key, value in changed.items():
        table, _, name = key.partition(".")
        if key == PAUSED:
            _read(reading, key, yes_or_no, value)
        elif table == "service" and name in CHANGEABLE:
            service[name] = _read(reading, key, schema.SERVICE[name], value)
        elif table == "accounts" and ".policy." in name:
            account, _, word = name.rpartition(".policy.")
            _check_account(reading, key, account, settings)
            _read_policy(reading, key, word, value, policies.setdefault(account, {}))
        else:
            known = (*(f"service.{each}" for each in CHANGEABLE), "accounts.ACCOUNT.policy.NAME")
            reading.fault(key, f"cannot be changed at run time; {closest(key, known)}")
    reading.raise_faults()
    accounts = dict(settings.accounts)
    for account, policy in policies.items():
        before = accounts.get(account, AccountSettings(key=account))
        tolerance = {**before.policy.get("tolerance", {}), **policy.get("tolerance", {})}
        merged = {**before.policy, **policy, **({"tolerance": tolerance} if tolerance else {})}
        accounts[account] = replace(before, policy=merged)
    return replace(settings, service=replace(settings.service, **service), accounts=accounts)


def _check_account(reading: Reading, key: str, account: str, settings: Settings) -> None:
    """As in the file: CONNECTION/ACCOUNT or CONNECTION/*, of a connection that is set up."""
    names = [each.name for each in settings.connections]
    connection, _, number = account.partition("/")
    if not number or (names and connection not in names):
        known = closest(connection, names) if names else "set up [[connections]] first"
        reading.fault(key, f"must be of connection/account or connection/*; {known}")


def _read(reading: Reading, key: str, rule: Rule, value: Any) -> Any:
    try:
        return rule(value)
    except ValueError as fault:
        reading.fault(key, f"is {shown(value)}, {fault}")
        return None


def _read_policy(reading: Reading, key: str, word: str, value: Any, policy: dict[str, Any]) -> None:
    name, _, inner = word.partition(".")
    if name == "tolerance" and inner in schema.TOLERANCE:
        tolerance = policy.setdefault("tolerance", {})
        tolerance[inner] = _read(reading, key, schema.TOLERANCE[inner], value)
    elif not inner and name in schema.POLICY:
        policy[name] = _read(reading, key, schema.POLICY[name], value)
    else:
        reading.fault(key, f"is no policy; {closest(word, schema.POLICY)}")


def account_in(key: str) -> str | None:
    """The account that a changed policy is of; None for another setting.

    >>> account_in("accounts.paper/1.policy.truth"), account_in("service.schedule")
    ('paper/1', None)
    """
    table, _, name = key.partition(".")
    return name.rpartition(".policy.")[0] or None if table == "accounts" else None


def is_changeable(key: str) -> bool:
    """Whether this is a setting that may be changed at run time.

    >>> is_changeable("service.schedule"), is_changeable("service.port")
    (True, False)
    >>> is_changeable("accounts.paper/1.policy.tolerance.money")
    True
    """
    table, _, name = key.partition(".")
    if table == "service":
        return name in CHANGEABLE or key == PAUSED
    word = name.rpartition(".policy.")[2]
    outer, _, inner = word.partition(".")
    is_tolerance = outer == "tolerance" and inner in schema.TOLERANCE
    return account_in(key) is not None and (word in schema.POLICY or is_tolerance)
