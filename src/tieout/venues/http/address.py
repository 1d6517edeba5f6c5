"""Where a venue is asked: its own address, or a simulator or proxy set in its place."""

from urllib.parse import SplitResult, urlsplit

from tieout.core.errors import SettingsError
from tieout.venues import connection as connections

KEYS_ADVICE = "set key and secret instead"


class AddressInvalid(Exception):
    """A text is no address to ask; the message says why and never repeats it."""


def address_in(text: str, *, path: str = "", login_advice: str = KEYS_ADVICE) -> str:
    """The address, without the path and slashes that people copy along with it.

    Raises AddressInvalid, for a login in it too: an address is shown, a password never.

    >>> address_in("https://paper-api.alpaca.markets/v2/", path="/v2")
    'https://paper-api.alpaca.markets'
    """
    try:
        parts = urlsplit(text.strip())
        port = parts.port
    except ValueError:
        raise AddressInvalid("it is not an address") from None
    fault = _fault(parts, login_advice)
    if fault:
        raise AddressInvalid(fault)
    rest = parts.path.rstrip("/").removesuffix(path).rstrip("/")
    host = f"[{parts.hostname}]" if ":" in (parts.hostname or "") else parts.hostname
    return f"{parts.scheme}://{host}{f':{port}' if port else ''}{rest}"


def stream_address_in(text: str | None, *, connection: str) -> str | None:
    """The address of a stream: secure, or of this machine. None where none is set.

    Raises SettingsError, for a login in it too: an address is shown, a password never.

    >>> stream_address_in("ws://127.0.0.1:9101/stream/", connection="alpaca")
    'ws://127.0.0.1:9101/stream'
    """
    text = (text or "").strip()
    if not text:
        return None
    try:
        if not text.lower().startswith(("ws://", "wss://")):
            raise AddressInvalid("it must begin with wss:// and a host")
        found = address_in(f"http{text[2:]}")
    except AddressInvalid as fault:
        said = str(fault).replace("https://", "wss://").replace("http://", "ws://")
        raise SettingsError(
            f"connections.{connection}.stream_address: {said}; allowed are wss://HOST, or "
            "ws://127.0.0.1:PORT for a simulator"
        ) from None
    return f"ws{found.removeprefix('http')}"


def is_loopback(address: str) -> bool:
    """Whether an address is this very machine."""
    return connections.is_loopback(urlsplit(address).hostname or "")


def _fault(parts: SplitResult, login_advice: str) -> str | None:
    if parts.username or parts.password:
        return f"it has a login in it; {login_advice}"
    if parts.scheme not in ("http", "https") or not parts.hostname:
        return "it must begin with https:// and a host"
    if parts.query or parts.fragment:
        return "it has something behind a ? or #"
    if parts.scheme == "http" and not connections.is_loopback(parts.hostname):
        return f"http:// is only for this machine; use https://{parts.hostname}"
    return None
