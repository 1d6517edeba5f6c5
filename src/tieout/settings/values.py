"""What is set, once it has been read and found right."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from pathlib import Path
from typing import Any

from tieout.core.declared import Declared
from tieout.core.errors import SettingsError
from tieout.core.policy import OnMissing, Policy, default_policy
from tieout.settings.policies import with_changes
from tieout.settings.quiet import QuietHours
from tieout.settings.rules import Network
from tieout.settings.secret import Secret

EVERY_ACCOUNT = "*"


@dataclass(frozen=True, slots=True, kw_only=True)
class Connection:
    """One login at a venue. `options` are keys that only this venue knows."""

    name: str
    venue: str
    address: str | None = None
    stream_address: str | None = None
    key: Secret | None = None
    secret: Secret | None = None
    account: str | None = None
    path: str | None = None
    client_id: int | None = None
    timeout_s: Decimal | None = None
    flex: str | None = None
    options: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class AccountSettings:
    """What is set for `connection/account`, or for `connection/*`: a name and policy changes.

    One that is `retired` is not read any more, its history stays.
    """

    key: str
    name: str | None = None
    retired: bool = False
    policy: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class InstrumentSettings:
    """What is set about an instrument, at these connections, at every one where none is named."""

    declared: Declared
    connections: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Allocation:
    """The share of equity that each venue should have, and how far off is still well."""

    targets: Mapping[str, Decimal] = field(default_factory=dict)
    tolerance: Decimal = Decimal("0.05")


@dataclass(frozen=True, slots=True, kw_only=True)
class Service:
    """How `tieout serve` works: when it runs, where it listens, what it waits for.

    `schedule` is seconds or a cron expression in `timezone`. `default_account` is whose book is
    meant where nobody says; None means all. Events are gathered for `quiet_s`, at most for
    `quiet_s_max`. A book that is older than `stale_page_s` is synced when its page is opened. What
    `trusted_proxies` say of their clients is believed; `hosts` are names of this service.
    """

    enabled: bool = True
    schedule: str = "*/5 * * * *"
    timezone: str = "America/New_York"
    first_run_s: Decimal = Decimal(10)
    host: str = "127.0.0.1"
    port: int = 5000
    log: str = "console"
    log_level: str = "info"
    sync_on_trade: bool = True
    sync_on_position_update: bool = True
    default_account: str | None = None
    quiet_s: Decimal = Decimal("0.5")
    quiet_s_max: Decimal = Decimal(5)
    stale_page_s: Decimal = Decimal(300)
    stop_limit_s: Decimal = Decimal(30)
    session_hours: Decimal = Decimal(12)
    body_bytes_max: int = 1_048_576
    requests_per_minute: int = 600
    trusted_proxies: tuple[Network, ...] = ()
    hosts: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Webhook:
    """A program that is told of events by signed requests. Empty `types`, `accounts` mean all."""

    name: str
    url: Secret
    secret: Secret
    types: tuple[str, ...] = ()
    accounts: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Notification:
    """People who are told by chat or mail; `url` is Apprise's (mailto://..., slack://...)."""

    name: str
    url: Secret
    types: tuple[str, ...] = ()
    accounts: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Alerts:
    """When people are told: after so many failed runs in a row, and again after so many hours.

    `repeat_hours` 0 never repeats what has not changed. In `quiet` hours (by the service's time
    zone) nobody is told of a failed run; one that fails after them is told of.
    """

    after_failures: int = 2
    repeat_hours: Decimal = Decimal(24)
    quiet: tuple[QuietHours, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """Everything that is set. `path` is the file it came from, None where there was none."""

    path: Path | None = None
    store_url: str = "sqlite:///tieout.db"
    connections: tuple[Connection, ...] = ()
    accounts: Mapping[str, AccountSettings] = field(default_factory=dict)
    instruments: tuple[InstrumentSettings, ...] = ()
    allocation: Allocation = Allocation()
    on_missing: OnMissing | None = None
    service: Service = Service()
    alerts: Alerts = Alerts()
    webhooks: tuple[Webhook, ...] = ()
    notifications: tuple[Notification, ...] = ()
    deadline_s: Decimal = Decimal(1000)
    evidence_days: int = 90
    events_days: int = 90

    def connection(self, name: str) -> Connection:
        """The connection of this name."""
        for each in self.connections:
            if each.name == name:
                return each
        known = ", ".join(each.name for each in self.connections) or "none"
        raise SettingsError(f"no connection is named {name!r}; set up: {known}")

    def policy_for(self, account: str, *, venue: str) -> Policy:
        """The policy of `connection/account`: the venue's own, then `/*`, then its own changes."""
        policy = default_policy(venue)
        if self.on_missing is not None:
            policy = with_changes(policy, {"on_missing": self.on_missing})
        for key in (f"{connection_of(account)}/{EVERY_ACCOUNT}", account):
            if key in self.accounts:
                policy = with_changes(policy, self.accounts[key].policy)
        return policy

    def declared_for(self, account: str) -> tuple[Declared, ...]:
        """What is set about the instruments of `connection/account`."""
        connection = connection_of(account)
        return tuple(
            each.declared
            for each in self.instruments
            if not each.connections or connection in each.connections
        )

    def name_of(self, account: str) -> str:
        """What people call an account: the name that is set, else `connection/account`."""
        found = self.accounts.get(account)
        return found.name if found is not None and found.name else account

    def is_retired(self, account: str) -> bool:
        """Whether an account is not read any more and keeps nothing from being tied out."""
        found = self.accounts.get(account)
        return found is not None and found.retired

    def accounts_of(self, connection: str) -> tuple[str, ...]:
        """The accounts of a connection that are set up by name, as `connection/account`."""
        return tuple(
            key
            for key in self.accounts
            if connection_of(key) == connection
            and not key.endswith(f"/{EVERY_ACCOUNT}")
            and not self.is_retired(key)
        )


def connection_of(account: str) -> str:
    """The connection an account belongs to.

    >>> connection_of("alpaca-paper/PA3XYZ")
    'alpaca-paper'
    """
    return account.partition("/")[0]
