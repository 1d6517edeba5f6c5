"""Who stands at the door, and which house is meant: proxies in between, and the Host header.

A program that listens on one machine can be reached by pages of others, where a name of theirs is
made to mean this machine (DNS rebinding). The browser then says their name, which is not ours.
"""

import ipaddress
from typing import Any

from tieout.settings.rules import is_loopback
from tieout.settings.values import Service
from tieout.web.problems import Problem

PEER = "tieout.peer"  # whom the connection is with, which may be a proxy
EVERY_ADDRESS = ("0.0.0.0", "::")
HOPS_MAX = 100
SHOWN_CHARACTERS_MAX = 80
# Load balancers ask by the address of a pod, or by a name of their own; what these tell is no
# secret and anybody may ask for it.
ASKED_BY_ANY_NAME = ("/healthz", "/readyz")

Address = ipaddress.IPv4Address | ipaddress.IPv6Address


class Door:
    """Sees who asks behind the proxies that are trusted, and refuses names that are not ours."""

    def __init__(self, settings: Service) -> None:
        self._proxies = settings.trusted_proxies
        self._hosts = frozenset(settings.hosts)
        self._address = _address_in(settings.host)
        self._name = settings.host.lower()

    def see(self, scope: Any) -> None:
        """Put the client where a trusted proxy was, and how it came. Others' words are nothing."""
        client = scope.get("client")
        scope[PEER] = client
        peer = _address_in(client[0]) if client else None
        if peer is None or not self._is_trusted(peer):
            return
        hops = _listed(scope, b"x-forwarded-for")[-HOPS_MAX:]
        client_address, steps = self._client(peer, hops)
        scope["client"] = (str(client_address), 0)
        schemes = _listed(scope, b"x-forwarded-proto")[-steps:]
        scheme = next(iter(schemes), "").lower()
        if scheme in ("http", "https"):
            scope["scheme"] = scheme

    def _is_trusted(self, address: Address) -> bool:
        return any(address in each for each in self._proxies)

    def _client(self, peer: Address, hops: list[str]) -> tuple[Address, int]:
        """The right-most address that is no proxy of ours: whatever is left of it may be made up.
        And how many proxies told of it, each of which may have added how it was asked.

        Where a hop is no address, the one that told of it is as far as we can see.
        """
        seen = peer
        for steps, hop in enumerate(reversed(hops), start=1):
            address = _address_in(_without_port(hop))
            if address is None:
                return seen, steps
            seen = address
            if not self._is_trusted(address):
                return seen, steps
        return seen, max(len(hops), 1)

    def refusal(self, scope: Any) -> Problem | None:
        """Why nothing is answered under this Host; None where all is well.

        One who sends none is no browser.
        """
        said = [text for name, text in scope["headers"] if name == b"host"]
        names = [_without_port(text.decode("latin-1").strip()) for text in said]
        if scope["path"] in ASKED_BY_ANY_NAME or (len(names) < 2 and all(map(self._is_own, names))):
            return None
        shown = ", ".join(names)[:SHOWN_CHARACTERS_MAX]
        return Problem(
            421,
            "This service goes by another name",
            f"the Host header says {shown!r}; if that is a name of this service, add it to"
            " service.hosts in tieout.toml or to TIEOUT_SERVICE_HOSTS, then restart",
        )

    def _is_own(self, said: str) -> bool:
        name = said.lower().removesuffix(".")
        address = _address_in(name)
        if is_loopback(name) or name in self._hosts or name == self._name:
            return True
        if address is None:
            return False
        is_of_all = str(self._address) in EVERY_ADDRESS  # and no name can be made to mean those
        return is_of_all or address == self._address or str(address) in self._hosts


def _listed(scope: Any, header: bytes) -> list[str]:
    """The parts of a header that may come several times, with commas."""
    found = [text.decode("latin-1") for name, text in scope["headers"] if name == header]
    return [each.strip() for text in found for each in text.split(",")]


def _address_in(text: str) -> Address | None:
    """An address; IPv4 that is written as IPv6 is IPv4."""
    try:
        found = ipaddress.ip_address(text.strip())
    except ValueError:
        return None
    mapped = found.ipv4_mapped if isinstance(found, ipaddress.IPv6Address) else None
    return mapped or found


def _without_port(text: str) -> str:
    """A name or address alone.

    >>> [_without_port(each) for each in ("a.example:5000", "[::1]:80", "::1", "192.0.2.1")]
    ['a.example', '::1', '::1', '192.0.2.1']
    """
    if text.startswith("["):
        return text[1:].partition("]")[0]
    name, colon, port = text.rpartition(":")
    is_port = colon and ":" not in name and (port.isdecimal() or not port)
    return name if is_port else text
