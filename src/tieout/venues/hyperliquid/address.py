"""Where Hyperliquid is asked, and whom it is asked about: an address, never a private key."""

import re

from tieout.core.errors import SettingsError
from tieout.venues.http.address import AddressInvalid, address_in

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
        return address_in(text, path=PATH, login_advice="Hyperliquid's API needs none")
    except AddressInvalid as fault:
        raise SettingsError(
            f"connections.{connection}.address: {fault}; allowed are {MAINNET}, {TESTNET}, or "
            "http://127.0.0.1:PORT for a simulator"
        ) from None


def kind_of(address: str) -> str:
    """What stands behind an address: mainnet, testnet, or something set in their place."""
    own = {MAINNET: "mainnet", TESTNET: "testnet"}
    return own.get(address, "neither of Hyperliquid's own addresses")
