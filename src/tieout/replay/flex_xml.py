"""The elements of a Flex statement, one by one, so that a long statement needs little memory.

A statement has no document type; one that brings its own is refused, since entities can make a
small file very large or name other files.
"""

from collections import Counter
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from xml.parsers import expat

from tieout.bulk.faults import FileFault
from tieout.replay.files import FillsFile, Row

PIECE_BYTES = 64 * 1024
DEPTH_MAX = 32
ROOT = "FlexQueryResponse"
STATEMENT = "FlexStatement"


@dataclass(frozen=True, slots=True)
class Element:
    """An element by its name; its attributes are the row. Elements of one name are counted.

    A section of that name, which has no attributes, is not.
    """

    name: str
    row: Row


class _Collector:
    """Takes the parser's events and keeps the elements asked for until they are fetched."""

    def __init__(self, file: FillsFile, names: Collection[str]) -> None:
        self.file = file
        self.names = names
        self.found: list[Element] = []
        self._account: str | None = None
        self._depth = 0
        self._counts: Counter[str] = Counter()
        self.parser = expat.ParserCreate()
        self.parser.StartElementHandler = self._start
        self.parser.EndElementHandler = self._end
        self.parser.StartDoctypeDeclHandler = self._refuse_doctype

    def _start(self, name: str, attributes: dict[str, str]) -> None:
        line = self.parser.CurrentLineNumber
        self._depth += 1
        if self._depth == 1 and name != ROOT:
            raise self.file.fault(f"begins with <{name}>; a Flex statement begins with <{ROOT}>")
        if self._depth > DEPTH_MAX:
            raise self.file.fault("its elements are nested too deeply", place=f"line {line}")
        if name == STATEMENT:
            self._account = attributes.get("accountId")
        if name in self.names:
            self._counts[name] += bool(attributes)
            values = {"accountId": self._account, **attributes}
            self.found.append(Element(name, Row(self._counts[name], line, values)))

    def _end(self, _: str) -> None:
        self._depth -= 1

    def _refuse_doctype(self, *_: object) -> None:
        place = f"line {self.parser.CurrentLineNumber}"
        raise self.file.fault("has a document type, which no Flex statement has", place=place)


def elements(file: FillsFile, names: Collection[str]) -> Iterator[Element]:
    """The elements of these names with their attributes, in the order of the file."""
    collector = _Collector(file, names)
    with file.path.open("rb") as stream:
        while piece := stream.read(PIECE_BYTES):
            yield from _taken(collector, piece, is_last=False)
    yield from _taken(collector, b"", is_last=True)


def _taken(collector: _Collector, piece: bytes, *, is_last: bool) -> Iterator[Element]:
    try:
        collector.parser.Parse(piece, is_last)
    except expat.ExpatError as error:
        raise _not_xml(collector.file, error) from None
    found, collector.found = collector.found, []
    yield from found


def _not_xml(file: FillsFile, error: expat.ExpatError) -> FileFault:
    words = expat.ErrorString(error.code)
    return file.fault(f"is not well-formed XML: {words}", place=f"line {error.lineno}")
