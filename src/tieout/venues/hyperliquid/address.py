"""Where Hyperliquid is asked, and whom it is asked about: an address, never a private key."""

import ipaddress
import re
from urllib.parse import SplitResult, urlsplit

from tieout.core.errors import SettingsError

MAINNET = "https://api.hyperliquid.xyz"
TESTNET = "https://api.hyperliquid-testnet.xyz"
PATH = "/info"  # which the SDK puts behind the address itself

_ACCOUNT = re.compile(r"0x[0-9a-fA-F]{40}")
_PRIVATE_KEY = re.compile(r"(0x)?[0-9a-fA-F]{64}")


def is_account(text: str) -> bool:
    """Whether a text is an address as accounts have: 0x and 40 hexadecimal digits."""
    return _ACCOUNT.fullmatch(text) is not None


def is_private_key(text: str) -> bool:
    """Whether a text has the shape of a private key, with which orders can be signed."""
    return _PRIVATE_KEY.fullmatch(text.strip()) is not None


def account_of(account: str, key: str, *, connection: str) -> str:
    """The address to read, in small letters, from `account`, else from `key`.

    Never repeats what was set: it may be a private key that got into the wrong place.
    """
    place = f"connections.{connection}.account"
    if is_private_key(account):
        raise SettingsError(
            f"{place} has the length of a private key: take it out of there and set the address "
            "of the account, 0x and 40 digits; Tieout never needs a private key"
        )
    if account and not is_account(account):
        raise SettingsError(f"{place} must be the address of the account: 0x and 40 digits")
    found = account or (key if is_account(key) else "")
    if found:
        return found.lower()
    raise SettingsError(
        f"{place} is not set; set it in tieout.toml, or the environment variable HYPERLIQUID_KEY, "
        "to the address of the account (0x and 40 digits, not that of an API wallet); no private "
        "key is needed"
    )


def address_of(text: str | None, *, connection: str) -> str:
    """The address to ask, without the slashes and `/info` that people copy along with it.

    >>> address_of("https://api.hyperliquid.xyz/info", connection="hl")
    'https://api.hyperliquid.xyz'
    """
    if not text or not text.strip():
        return MAINNET
    try:
        parts = urlsplit(text.strip())
        port = parts.port
    except ValueError:
        raise _wrong(connection, "it is not an address") from None
    fault = _fault(parts)
    if fault:
        raise _wrong(connection, fault)
    path = parts.path.rstrip("/").removesuffix(PATH).rstrip("/")
    host = f"[{parts.hostname}]" if ":" in (parts.hostname or "") else parts.hostname
    return f"{parts.scheme}://{host}{f':{port}' if port else ''}{path}"


def is_loopback(address: str) -> bool:
    """Whether an address is this very machine."""
    return _is_loopback(urlsplit(address).hostname or "")


def kind_of(address: str) -> str:
    """What stands behind an address: mainnet, testnet, or something set in their place."""
    own = {MAINNET: "mainnet", TESTNET: "testnet"}
    return own.get(address, "neither of Hyperliquid's own addresses")


def _fault(parts: SplitResult) -> str | None:
    """What is wrong with an address; never repeats it, as it may carry a password."""
    if parts.username or parts.password:
        return "it has a login in it; Hyperliquid's API needs none"
    if parts.scheme not in ("http", "https") or not parts.hostname:
        return "it must begin with https:// and a host"
    if parts.query or parts.fragment:
        return "it has something behind a ? or #"
    if parts.scheme == "http" and not _is_loopback(parts.hostname):
        return f"http:// is only for this machine; use https://{parts.hostname}"
    return None


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host.lower() == "localhost"


def _wrong(connection: str, fault: str) -> SettingsError:
    return SettingsError(
        f"connections.{connection}.address: {fault}; allowed are {MAINNET}, {TESTNET}, or "
        "http://127.0.0.1:PORT for a simulator"
    )
