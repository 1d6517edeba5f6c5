"""Whom the service tells of events, by the settings."""

from collections.abc import Iterable

from tieout.core.book import Account, AccountId
from tieout.core.errors import SettingsError
from tieout.notify import Chat, Target, Wanted, Webhook
from tieout.ports import Clock
from tieout.settings import Settings


def unknown_accounts(settings: Settings, known: Iterable[Account]) -> list[str]:
    """Names that nobody has: neither the settings nor the book. A first sync may find them yet."""
    names = {*settings.accounts, *(settings.name_of(AccountId(each)) for each in settings.accounts)}
    for account in known:
        names |= {account.id, settings.name_of(account.id)}
    told = [(f"webhooks.{each.name}.accounts", each.accounts) for each in settings.webhooks]
    told += [
        (f"notifications.{each.name}.accounts", each.accounts) for each in settings.notifications
    ]
    chosen = settings.service.default_account
    connections = {each.name for each in settings.connections}
    if chosen is not None and chosen not in connections and not chosen.isdecimal():
        told.append(("service.default_account", (chosen,)))
    listed = ", ".join(sorted(each for each in names if not each.endswith("/*"))) or "none yet"
    return [
        f"{place}: no account is named {name!r} so far; known are {listed}"
        for place, wanted in told
        for name in wanted
        if name not in names
    ]


def targets_of(settings: Settings, *, clock: Clock) -> list[Target]:
    """Every webhook and notification. Raises one SettingsError that names each wrong one."""
    secrets = [each for hook in settings.webhooks for each in (hook.url, hook.secret)]
    secrets += [each.url for each in settings.notifications]
    faults = [each.problem for each in secrets if each.problem]
    if faults:
        raise SettingsError("\n".join(faults))
    ids = {settings.name_of(key): key for key in settings.accounts}

    def wanted(types: tuple[str, ...], accounts: tuple[str, ...]) -> Wanted:
        named = frozenset(ids.get(each, each) for each in accounts)
        return Wanted(types=frozenset(types), accounts=named)

    hooks = [
        Webhook(
            each.name,
            url=each.url.reveal(),
            secret=each.secret.reveal(),
            wanted=wanted(each.types, each.accounts),
            clock=clock,
        )
        for each in settings.webhooks
    ]
    chats = [
        Chat(each.name, url=each.url.reveal(), wanted=wanted(each.types, each.accounts))
        for each in settings.notifications
    ]
    return [*hooks, *chats]
