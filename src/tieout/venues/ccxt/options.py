"""The settings of a connection by ccxt, read from texts."""

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal

from tieout.core.errors import NumberError, SettingsError
from tieout.core.numbers import exact
from tieout.venues.connection import require_known
from tieout.venues.http.address import AddressInvalid, address_in, stream_address_in

LOGIN = {"key": "apiKey", "secret": "secret", "password": "password", "uid": "uid"}
SETTINGS = (
    "account", "address", "currency", "history_days", "key", "password", "secret",
    "stream_address", "symbols", "timeout_s", "types", "uid",
)  # fmt: skip
TYPES = ("spot", "margin", "swap", "future", "option")
HISTORY_DAYS = 7


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """Which exchange is asked, about what. Empty `types` are all that the exchange has.

    `symbols` are asked for trades where the exchange tells them only one symbol at a time.
    """

    exchange: str
    login: Mapping[str, str]
    address: str | None = None
    stream_address: str | None = None
    account: str | None = None
    currency: str = "USD"
    types: tuple[str, ...] = ()
    symbols: tuple[str, ...] = ()
    history_days: Decimal = Decimal(HISTORY_DAYS)

    def __repr__(self) -> str:
        return f"Options({self.exchange!r})"


def options_of(settings: Mapping[str, str], *, connection: str, venue: str) -> Options:
    """What is set. Raises SettingsError with the name of what is wrong."""
    require_known(settings, SETTINGS, venue=venue, connection=connection)
    types = _words(settings.get("types", ""))
    for each in types:
        if each not in TYPES:
            raise _wrong(connection, "types", f"must be of {', '.join(TYPES)}, not {each!r}")
    login = {LOGIN[name]: settings.get(name, "").strip() for name in LOGIN}
    return Options(
        exchange=venue.partition(":")[2].strip().lower(),
        login={name: text for name, text in login.items() if text},
        address=_address(settings.get("address"), connection),
        stream_address=stream_address_in(settings.get("stream_address"), connection=connection),
        account=settings.get("account", "").strip() or None,
        currency=settings.get("currency", "").strip().upper() or "USD",
        types=types,
        symbols=_words(settings.get("symbols", "")),
        history_days=_number(settings, "history_days", connection, "0", "730")
        or Decimal(HISTORY_DAYS),
    )


def _address(text: str | None, connection: str) -> str | None:
    if not (text or "").strip():
        return None
    try:
        return address_in(text or "")
    except AddressInvalid as fault:
        allowed = "https://HOST, or http://HOST on this machine (127.0.0.1)"
        raise _wrong(connection, "address", f"must be {allowed}; {fault}") from None


def _words(text: str) -> tuple[str, ...]:
    return tuple(filter(None, map(str.strip, text.split(","))))


def _number(
    settings: Mapping[str, str], key: str, connection: str, least: str, most: str
) -> Decimal | None:
    text = settings.get(key, "").strip()
    if not text:
        return None
    try:
        number = exact(text)
    except NumberError:
        number = Decimal(-1)
    if not Decimal(least) <= number <= Decimal(most):
        raise _wrong(connection, key, f"must be a number from {least} to {most}")
    return number


def _wrong(connection: str, key: str, message: str) -> SettingsError:
    return SettingsError(f"connections.{connection}.{key} {message}")
