"""Lists of named tables, such as [[connections]], and the secrets in them."""

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from tieout.settings.faults import Reading
from tieout.settings.secret import Secret, secret_from
from tieout.settings.source import Place


def named_tables(
    reading: Reading, material: Any, place: Place, *, noun: str
) -> Iterator[tuple[str, Mapping[str, Any], Place]]:
    """Each table of a list by its name, and its place. A name is given once."""
    if not isinstance(material, list):
        reading.fault(place, f"must be a list of tables, write [[{noun}s]]")
        return
    seen: set[str] = set()
    for index, each in enumerate(material):
        name = _name(reading, each, place.at(index, word=f"[{index + 1}]"), noun=noun)
        if name is None:
            continue
        here = place.at(index, word=name)
        if name in seen:
            reading.fault(here, f"is the second {noun} named {name!r}, names differ")
            continue
        seen.add(name)
        yield name, each, here


def _name(reading: Reading, material: Any, place: Place, *, noun: str) -> str | None:
    if not isinstance(material, Mapping):
        reading.fault(place, f"must be a table, write [[{noun}s]]")
        return None
    name = material.get("name")
    if not isinstance(name, str) or not name.strip() or "/" in name or name != name.strip():
        reading.fault(place.at("name"), f"must be a text without slash, it names the {noun}")
        return None
    return name


def read_secret(reading: Reading, text: str, place: Place, *, base: Path) -> Secret:
    """A secret: itself, env:NAME or file:PATH, which is beside the settings file."""
    try:
        return secret_from(text, where=str(place), environment=reading.environment, folder=base)
    except ValueError as fault:
        reading.fault(place, str(fault))
        return Secret(None, problem=str(fault))
