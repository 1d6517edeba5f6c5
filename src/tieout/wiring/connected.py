"""A venue as the book knows it: by the name of its connection, reachable or not; its keys."""

from collections.abc import Mapping, Sequence
from dataclasses import replace

from tieout.core.book import Account, AccountId
from tieout.core.errors import SettingsError, VenueError
from tieout.ports import Finding, News, Read, Tell, Venue
from tieout.settings import Connection


class Connected:
    """A venue whose accounts carry the name of their connection: `alpaca-paper/PA3XYZ`.

    Two logins may reach accounts of the same name; in the book they must not be one.
    """

    def __init__(self, venue: Venue, connection: str) -> None:
        self.name = connection
        self._venue = venue

    async def accounts(self) -> Sequence[Account]:
        found = await self._venue.accounts()
        return [replace(each, id=AccountId(f"{self.name}/{each.id}")) for each in found]

    async def read(self, account: AccountId, *, cursor: str | None) -> Read:
        native = AccountId(account.removeprefix(f"{self.name}/"))
        return await self._venue.read(native, cursor=cursor)

    async def listen(self, tell: Tell) -> None:
        def named(news: News) -> None:
            account = news.account and AccountId(f"{self.name}/{news.account}")
            tell(replace(news, account=account))

        await self._venue.listen(named)

    async def check(self) -> Sequence[Finding]:
        return await self._venue.check()

    async def aclose(self) -> None:
        await self._venue.aclose()


class Unreachable:
    """A venue that did not even say which accounts there are: every reading fails like that."""

    def __init__(self, connection: str, error: VenueError) -> None:
        self.name = connection
        self._error = error

    async def accounts(self) -> Sequence[Account]:
        raise self._error

    async def read(self, account: AccountId, *, cursor: str | None) -> Read:
        del account, cursor  # whatever is asked
        raise self._error

    async def listen(self, tell: Tell) -> None:
        """There is nothing to hear."""

    async def check(self) -> Sequence[Finding]:
        return [Finding(subject=self.name, level="error", message=str(self._error))]

    async def aclose(self) -> None:
        """There is nothing to let go of."""


def keys_of(connection: Connection) -> dict[str, str]:
    """The keys of a connection as a venue takes them: texts, secrets revealed."""
    given = {
        "address": connection.address,
        "stream_address": connection.stream_address,
        "account": connection.account,
        "path": connection.path,
        "client_id": connection.client_id,
        "timeout_s": connection.timeout_s,
        "flex": connection.flex,
        **connection.options,
    }
    keys = {name: _as_text(value) for name, value in given.items() if value is not None}
    secret = {"key": connection.key, "secret": connection.secret}
    missing = [each.problem for each in secret.values() if each is not None and each.problem]
    if missing:
        raise SettingsError("\n".join(missing))
    return keys | {name: each.reveal() for name, each in secret.items() if each is not None}


def _as_text(value: object) -> str:
    """A setting as a venue takes it: a list with commas, a table as NAME=VALUE with commas.

    >>> _as_text(["BTC", "ETH"]), _as_text({"Ticker": "symbol"}), _as_text(True)
    ('BTC, ETH', 'Ticker=symbol', 'true')
    """
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, Mapping):
        return ", ".join(f"{name}={_as_text(each)}" for name, each in value.items())
    return ", ".join(map(_as_text, value)) if isinstance(value, list) else str(value)
