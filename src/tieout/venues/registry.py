"""Which venues there are, and how a connection to one is made."""

from collections.abc import Mapping
from importlib import import_module
from importlib.metadata import EntryPoint, entry_points
from typing import Protocol, cast

from tieout.core.errors import SettingsError
from tieout.ports import Clock, Venue

GROUP = "tieout.venues"

# Name -> where its factory is. Those of other packages come by entry points of the same group.
IN_THE_TREE: Mapping[str, str] = {
    "alpaca": "tieout.venues.alpaca.venue:connect",
    "hyperliquid": "tieout.venues.hyperliquid.venue:connect",
    "ibkr": "tieout.venues.ibkr.venue:connect",
    "ibkr-flex": "tieout.venues.ibkr.flex:connect",
    "ccxt": "tieout.venues.ccxt.venue:connect",
    "file": "tieout.venues.file.venue:connect",
    "coinbase": "tieout.venues.coinbase.venue:connect",
}
# Where the packages of a venue are not in the extra of its name.
EXTRAS: Mapping[str, str] = {"ibkr-flex": "ibkr"}


class Factory(Protocol):
    """Makes a connection. Nothing goes over the network yet; wrong settings are refused here.

    `venue` is the name as set, `ccxt:binance` with what follows the colon; `name` is what the
    connection is called; `settings` are its keys in tieout.toml as texts, secrets revealed.
    """

    def __call__(
        self, *, venue: str, name: str, settings: Mapping[str, str], clock: Clock
    ) -> Venue: ...


def connect(venue: str, *, name: str, settings: Mapping[str, str], clock: Clock) -> Venue:
    """A connection to a venue. Raises SettingsError with what to set or to install."""
    return factory(venue)(venue=venue, name=name, settings=settings, clock=clock)


def venues() -> tuple[str, ...]:
    """The names that can be connected to, in order."""
    return tuple(sorted({*IN_THE_TREE, *_from_others()}))


def factory(venue: str) -> Factory:
    """What makes connections to this venue; its SDK is imported now and not before."""
    name = venue.partition(":")[0]
    if name in IN_THE_TREE:
        return _in_the_tree(name)
    others = _from_others()
    if name in others:
        return _from_package(name, others[name])
    raise SettingsError(f"venue {venue!r} is not known; use one of: {', '.join(venues())}")


def _in_the_tree(name: str) -> Factory:
    module, _, attribute = IN_THE_TREE[name].partition(":")
    try:
        found = getattr(import_module(module), attribute)
    except ModuleNotFoundError as missing:
        if (missing.name or "").startswith("tieout"):
            raise
        raise SettingsError(
            f"venue {name!r} needs a package that is not installed ({missing.name}): "
            f"pip install 'tieout[{EXTRAS.get(name, name)}]'"
        ) from None
    return cast(Factory, found)


def _from_others() -> dict[str, EntryPoint]:
    return {entry.name: entry for entry in entry_points(group=GROUP)}


def _from_package(name: str, entry: EntryPoint) -> Factory:
    package = entry.dist.name if entry.dist else entry.module
    try:
        return cast(Factory, entry.load())
    except (ImportError, AttributeError) as error:
        raise SettingsError(
            f"venue {name!r} comes from the package {package}, which does not load ({error}): "
            f"install or update {package}"
        ) from error
