"""Core values as plain JSON material and back, exactly; fields at their default are left out."""

import types
from collections.abc import Callable, Mapping
from dataclasses import MISSING, Field, fields, is_dataclass
from datetime import date, datetime
from decimal import Decimal
from functools import cache
from typing import Any, Literal, NewType, Union, cast, get_args, get_origin, get_type_hints

from tieout.core.facts import Fact
from tieout.core.numbers import plain
from tieout.core.snapshot import Holding

Plain = Any
TAG = "is"
TAGGED = frozenset(get_args(Fact))


def to_plain(value: object) -> Plain:
    """A core value as JSON material: decimals and times as texts, dataclasses as objects.

    >>> from tieout.core.numbers import Amount
    >>> to_plain(Amount(Decimal("1.50")))
    {'exact': '1.50'}
    """
    if value is None or isinstance(value, str | bool | int):
        return value
    if isinstance(value, Decimal):
        return plain(value)
    if isinstance(value, datetime | date):
        return value.isoformat()
    if isinstance(value, Holding):
        return {name: item for name, item in value._asdict().items() if item is not None}
    if isinstance(value, tuple | list):
        return [to_plain(item) for item in value]
    if isinstance(value, Mapping):
        return {str(key): to_plain(item) for key, item in value.items()}
    return _object_to_plain(value)


def _object_to_plain(value: object) -> dict[str, Plain]:
    result: dict[str, Plain] = {TAG: type(value).__name__} if type(value) in TAGGED else {}
    for name, has_default, default in _written_fields(cast("Any", type(value))):
        item = getattr(value, name)
        if has_default and type(item) is type(default) and item == default:
            continue
        result[name] = to_plain(item)
    return result


@cache
def _written_fields(kind: Any) -> tuple[tuple[str, bool, Any], ...]:
    return tuple((each.name, *_default_of(each)) for each in fields(kind))


def _default_of(each: "Field[Any]") -> tuple[bool, Any]:
    if each.default is not MISSING:
        return True, each.default
    if each.default_factory is not MISSING:
        return True, each.default_factory()
    return False, None


def from_plain(kind: Any, material: Plain) -> Any:
    """The value that `to_plain` made `material` from; members of a union carry their name."""
    return _reader(kind)(material)


@cache
def _reader(kind: Any) -> Callable[[Plain], Any]:
    origin = get_origin(kind)
    if origin is not None:
        return _generic_reader(origin, get_args(kind))
    if isinstance(kind, NewType):
        return _reader(kind.__supertype__)
    if kind is Decimal:
        return Decimal
    if kind in (datetime, date):
        return kind.fromisoformat  # type: ignore[no-any-return]
    if is_dataclass(kind):
        return _object_reader(kind)
    if hasattr(kind, "_fields"):
        return lambda material: kind(**material)
    return lambda material: material


def _generic_reader(origin: Any, arguments: tuple[Any, ...]) -> Callable[[Plain], Any]:
    if origin is Literal:
        return lambda material: material
    if origin in (Union, types.UnionType):
        members = [each for each in arguments if each is not type(None)]
        if len(members) > 1:
            return _tagged_reader({each.__name__: _reader(each) for each in members})
        inner = _reader(members[0])
        return lambda material: None if material is None else inner(material)
    if origin is tuple and arguments[-1] is Ellipsis:
        item = _reader(arguments[0])
        return lambda material: tuple(item(each) for each in material)
    if origin is tuple:
        items = [_reader(each) for each in arguments]
        return lambda material: tuple(
            read(each) for read, each in zip(items, material, strict=True)
        )
    value = _reader(arguments[1])
    return lambda material: {key: value(each) for key, each in material.items()}


def _tagged_reader(readers: Mapping[str, Callable[[Plain], Any]]) -> Callable[[Plain], Any]:
    """Members of a union are told apart by their name."""

    def read(material: Plain) -> Any:
        rest = {name: item for name, item in material.items() if name != TAG}
        return readers[material[TAG]](rest)

    return read


def _object_reader(kind: Any) -> Callable[[Plain], Any]:
    hints = get_type_hints(kind)
    readers = {each.name: _reader(hints[each.name]) for each in fields(kind)}
    return lambda material: kind(**{name: readers[name](item) for name, item in material.items()})
