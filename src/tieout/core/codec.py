"""Core values as plain JSON material and back, exactly; fields at their default are left out."""

import json
import re
import types
from collections.abc import Callable, Hashable, Mapping, Sequence
from dataclasses import MISSING, Field, fields, is_dataclass
from datetime import UTC, date, datetime
from decimal import Decimal
from functools import cache, lru_cache
from json.encoder import encode_basestring
from operator import itemgetter
from typing import Any, Literal, NewType, Union, cast, get_args, get_origin, get_type_hints

from tieout.core.facts import Fact
from tieout.core.numbers import plain
from tieout.core.snapshot import Holding

Plain = Any
TAG = "is"
TIMES_KEPT = 4096  # the same few times are written for every row of a run
TAGGED = frozenset(get_args(Fact))
_quoted = encode_basestring
_FIGURE = re.compile(r"-?\d+(\.\d+)?")


def to_plain(value: object) -> Plain:
    """A core value as JSON material: decimals and times as texts, dataclasses as objects.

    >>> from tieout.core.numbers import Amount
    >>> to_plain(Amount(Decimal("1.50")))
    {'exact': '1.50'}
    """
    return _writer(cast("Hashable", type(value)))(value)


@cache
def _writer(kind: Any) -> Callable[[Any], Plain]:
    """How values of one exact type are written."""
    if kind in (str, bool, int, type(None)):
        return _same
    if kind is Decimal:
        return plain
    if issubclass(kind, datetime | date):
        return kind.isoformat  # type: ignore[no-any-return]
    if kind is Holding:
        return _holding_to_plain
    if issubclass(kind, tuple | list):
        return lambda items: [to_plain(item) for item in items]
    if issubclass(kind, Mapping):
        return lambda items: {str(key): to_plain(item) for key, item in items.items()}
    return _object_writer(kind)


def _same(value: Plain) -> Plain:
    return value


def _holding_to_plain(row: Holding) -> Plain:
    return {name: item for name, item in row._asdict().items() if item is not None}


def _object_writer(kind: Any) -> Callable[[Any], Plain]:
    written = tuple((each.name, *_default_of(each)) for each in fields(kind))
    start = {TAG: kind.__name__} if kind in TAGGED else {}

    def write(value: Any) -> Plain:
        result = dict(start)
        for name, has_default, default in written:
            item = getattr(value, name)
            if has_default and (item is default or _is_equal(item, default)):
                continue
            result[name] = to_plain(item)
        return result

    return write


def _is_equal(item: object, default: object) -> bool:
    return type(item) is type(default) and item == default


def _default_of(each: "Field[Any]") -> tuple[bool, Any]:
    if each.default is not MISSING:
        return True, each.default
    if each.default_factory is not MISSING:
        return True, each.default_factory()
    return False, None


def to_text(value: object) -> str:
    """The canonical JSON of a core value: that of `to_plain`, keys sorted, no spaces.

    >>> from tieout.core.numbers import Amount
    >>> to_text(Amount(Decimal("1.50"), Decimal("0.1")))
    '{"exact":"1.50","quotient":"0.1"}'
    """
    return _TEXTS[type(value)](value)


class _Texts(dict[Any, Callable[[Any], str]]):
    """How values of each exact type are written as text; learnt when a type is first met.

    A journal is millions of small values: finding the writer costs no call of ours.
    """

    def __missing__(self, kind: Any) -> Callable[[Any], str]:
        write = self[kind] = _text_writer(kind)
        return write


def _text_writer(kind: Any) -> Callable[[Any], str]:
    """How values of one type are written as text, without a detour over dictionaries."""
    if issubclass(kind, Mapping):
        return _mapping_text
    if kind in (tuple, list):
        return lambda items: f"[{','.join([_TEXTS[type(item)](item) for item in items])}]"
    if is_dataclass(kind) or kind is Holding:
        return _object_text_writer(kind)
    return lambda value: canonical(to_plain(value))


def _mapping_text(items: Mapping[Any, object]) -> str:
    named = sorted([(str(key), item) for key, item in items.items()], key=itemgetter(0))
    texts = [f"{_quoted(key)}:{_TEXTS[type(item)](item)}" for key, item in named]
    return f"{{{','.join(texts)}}}"


def _number_text(number: Decimal) -> str:
    text = str(number)
    return f'"{text}"' if number and "E" not in text else f'"{plain(number)}"'


@lru_cache(maxsize=TIMES_KEPT)
def _text_in_utc(at: datetime) -> str:
    return f'"{at.isoformat()}"'


def _time_text(at: datetime | date) -> str:
    """Equal times in different zones are different texts, so only those in UTC are kept."""
    if isinstance(at, datetime) and at.tzinfo is UTC:
        return _text_in_utc(at)
    return f'"{at.isoformat()}"'


_TEXTS = _Texts(
    {
        str: _quoted,
        type(None): lambda _: "null",
        bool: lambda value: "true" if value else "false",
        int: str,
        Decimal: _number_text,
        datetime: _time_text,
        date: _time_text,
    }
)


def _object_text_writer(kind: Any) -> Callable[[Any], str]:
    """An object: its fields by name, but for those at their default, and its tag if any.

    The function is written out field by field, as `dataclass` does it with `__init__`: most of a
    journal is made here, and going through the fields in a loop takes twice the time.
    """
    known: dict[str, Any] = {"TEXTS": _TEXTS}
    written = {name: _lines_of_field(name, rest, known) for name, *rest in _fields_of(kind)}
    if kind in TAGGED:
        written[TAG] = [f"    text += {f',{_quoted(TAG)}:{_quoted(kind.__name__)}'!r}"]
    lines = [line for name in sorted(written) for line in written[name]]
    source = ["def write(value):", "    text = ''", *lines, "    return f'{{{text[1:]}}}'"]
    exec("\n".join(source), known)  # nothing from outside is in it, only names of our own fields
    return cast("Callable[[Any], str]", known["write"])


def _fields_of(kind: Any) -> list[tuple[str, bool, Any]]:
    """The fields that are written: name, whether there is a default, and which."""
    if kind is Holding:
        return [(name, True, None) for name in kind._fields]
    return [(each.name, *_default_of(each)) for each in fields(kind)]


def _lines_of_field(name: str, default: Sequence[Any], known: dict[str, Any]) -> list[str]:
    """The lines that append one field to `text`; a default they need goes to what they know."""
    append = f"text += {f',{_quoted(name)}:'!r} + TEXTS[type(item)](item)"
    has_default, value = default
    if not has_default:
        return [f"    item = value.{name}", f"    {append}"]
    known |= {f"default_{name}": value, f"type_{name}": type(value)}
    is_other = f"type(item) is not type_{name} or item != default_{name}"
    return [
        f"    item = value.{name}",
        f"    if item is not default_{name} and ({is_other}):",
        f"        {append}",
    ]


def canonical(material: Plain) -> str:
    """JSON with sorted keys and no spaces: the same value gives the same bytes."""
    return json.dumps(material, sort_keys=True, separators=(",", ":"), ensure_ascii=False)


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
        if members == [Decimal, str]:
            return _figure_or_text
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


def _figure_or_text(material: Plain) -> Any:
    """A figure, a text that is none, such as a currency, or None."""
    is_figure = isinstance(material, str) and _FIGURE.fullmatch(material)
    return Decimal(material) if is_figure else material


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
