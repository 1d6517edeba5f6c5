"""Tables [instruments."SYMBOL"]: what a person says about what is traded."""

from collections.abc import Mapping
from typing import Any

from tieout.core.declared import Declared
from tieout.core.instrument import spelling_key
from tieout.settings import schema
from tieout.settings.faults import Reading
from tieout.settings.source import Place, closest
from tieout.settings.values import Connection, InstrumentSettings


def read_instruments(
    reading: Reading, material: Any, root: Place, connections: tuple[Connection, ...]
) -> tuple[InstrumentSettings, ...]:
    """What is said about instruments, of which no two have a name or an id in common."""
    place = root.at("instruments")
    if not isinstance(material, Mapping):
        reading.fault(place, 'must be a table, write [instruments."SYMBOL"]')
        return ()
    names = {each.name for each in connections}
    owners: dict[tuple[str, str], str] = {}
    found = []
    for symbol, inner in material.items():
        here = place.at(symbol)
        if not symbol.strip():
            reading.fault(here, 'has no symbol, write [instruments."SYMBOL"]')
            continue
        each = _instrument(reading, symbol, inner, here)
        _refuse_unknown_connections(reading, each, here, names)
        _refuse_twins(reading, each.declared, here, owners)
        found.append(each)
    return tuple(found)


def _instrument(reading: Reading, symbol: str, material: Any, place: Place) -> InstrumentSettings:
    values = reading.table(material, schema.INSTRUMENT, place)
    if isinstance(material, Mapping) and not material and not values:
        reading.fault(place, f"says nothing; allowed: {', '.join(sorted(schema.INSTRUMENT))}")
    connections = values.pop("connections", ())
    own_id = values.pop("venue_id", None)
    ids = ((own_id,) if own_id else ()) + values.pop("venue_ids", ())
    declared = Declared(symbol=symbol.strip(), venue_ids=tuple(dict.fromkeys(ids)), **values)
    return InstrumentSettings(declared=declared, connections=connections)


def _refuse_unknown_connections(
    reading: Reading, found: InstrumentSettings, place: Place, names: set[str]
) -> None:
    for each in found.connections:
        if each not in names:
            known = closest(each, names) if names else "set up [[connections]] first"
            reading.fault(place.at("connections"), f"{each!r} is no connection; {known}")


def _refuse_twins(
    reading: Reading, found: Declared, place: Place, owners: dict[tuple[str, str], str]
) -> None:
    names = {("name", spelling_key(each)) for each in (found.symbol, *found.spellings)}
    for what, key in sorted(names | {("id", each) for each in found.venue_ids}):
        if (what, key) in owners:
            reading.fault(place, f"has the {what} {key}, which {owners[what, key]} has too")
        owners.setdefault((what, key), found.symbol)
