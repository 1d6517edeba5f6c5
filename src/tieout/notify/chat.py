"""Chat and mail for people, by Apprise."""

import asyncio
import json
import logging
from typing import Any

import apprise

from tieout.core.errors import SettingsError
from tieout.notify.target import Undelivered, Wanted
from tieout.ports import StoredEvent

ALERTS = ("alert:raised", "alert:recovered")
TIMEOUT_S = 60.0


class Chat:
    """One of Apprise's addresses. Without a choice of types it is told of alerts only."""

    def __init__(self, name: str, *, url: str, wanted: Wanted) -> None:
        self.name = f"notification/{name}"
        self._wanted = (
            wanted if wanted.types else Wanted(types=frozenset(ALERTS), accounts=wanted.accounts)
        )
        self._apprise = apprise.Apprise()
        if not _added(self._apprise, url):
            raise SettingsError(
                f"notifications.{name}.url is no address that Apprise knows, such as"
                " mailto://USER:PASSWORD@HOST, slack://TOKEN or ntfys://HOST/TOPIC"
            )

    def wants(self, event: StoredEvent) -> bool:
        return self._wanted.has(event)

    async def send(self, event: StoredEvent) -> None:
        """Send it as a message. Apprise says only whether that went well."""
        title, body = message_of(event)
        level = _level(event.event.type)
        try:
            async with asyncio.timeout(TIMEOUT_S):
                is_sent = await asyncio.to_thread(self._notify, title, body, level)
        except TimeoutError:
            raise Undelivered("no answer in time") from None
        if not is_sent:
            raise Undelivered("it was refused or could not be reached")

    def _notify(self, title: str, body: str, level: str) -> bool:
        return bool(self._apprise.notify(body=body, title=title, notify_type=level))

    async def aclose(self) -> None:
        """There is nothing to let go of."""


def _added(told: apprise.Apprise, url: str) -> bool:
    """Whether it knows the address. Its own words about it are left unsaid: they carry tokens."""

    def unsaid(_record: logging.LogRecord) -> bool:
        return False

    log = logging.getLogger("apprise")
    log.addFilter(unsaid)
    try:
        return bool(told.add(url))
    finally:
        log.removeFilter(unsaid)


def message_of(event: StoredEvent) -> tuple[str, str]:
    """Title and text for people."""
    kind = event.event.type
    payload: dict[str, Any] = json.loads(event.event.payload)
    if kind in ALERTS:
        title = "Tieout: look at this" if kind == ALERTS[0] else "Tieout: over"
        return title, str(payload.get("message", ""))
    facts = ", ".join(f"{key}: {_shown(each)}" for key, each in payload.items())
    return f"Tieout: {kind}", f"{event.account or 'all accounts'} - {facts}"


def _shown(value: Any) -> str:
    if isinstance(value, list):
        return " ".join(map(str, value)) or "none"
    return "none" if value is None else str(value)


def _level(kind: str) -> str:
    if kind in ("alert:raised", "system:error", "run:held"):
        return "warning"
    return "success" if kind == "alert:recovered" else "info"
