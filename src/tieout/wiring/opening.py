"""From settings to a service: what has to be right before one begins."""

from functools import partial

from tieout.core.errors import SettingsError
from tieout.ports import Store, Timer
from tieout.runs.log import Logger
from tieout.settings import Settings
from tieout.settings.rules import is_loopback
from tieout.store.opening import open_store
from tieout.wiring.clock import SystemTimer
from tieout.wiring.in_effect import schedule_in
from tieout.wiring.service import Service
from tieout.wiring.telling import targets_of, unknown_accounts


def open_service(settings: Settings, *, logger: Logger, timer: Timer | None = None) -> Service:
    """The service for these settings. Nothing goes over the network yet."""
    timer = timer or SystemTimer()
    targets = partial(targets_of, settings, clock=timer)
    targets()  # what is wrong with them is said before a book is made
    schedule_in(settings.service)
    store = open_store(settings.store_url)
    for message in unknown_accounts(settings, store.accounts()):
        logger.warning(f"[Settings] {message}")
    return Service(settings, store=store, logger=logger, timer=timer, targets=targets)


def refuse_open_door(store: Store | None, *, host: str) -> None:
    """Raises SettingsError for an address others can reach while nobody has to sign in.

    Without a book, None, there is nobody yet.
    """
    if not is_loopback(host) and not (store is not None and _has_login(store)):
        raise SettingsError(
            f"service.host: {host} can be reached by others, and there is no user or key yet;"
            " make one first: tieout users add NAME, or tieout keys add NAME"
        )


def _has_login(store: Store) -> bool:
    return bool(store.users()) or any(each.revoked_at is None for each in store.api_keys())
