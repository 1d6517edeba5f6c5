"""Whom the service tells of events, by the settings."""

from tieout.core.errors import SettingsError
from tieout.notify import Chat, Target, Wanted, Webhook
from tieout.ports import Clock
from tieout.settings import Settings


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
