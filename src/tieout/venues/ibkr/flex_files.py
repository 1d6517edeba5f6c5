"""Flex statements in files: every account's part of every file, the oldest first."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any
from xml.etree import ElementTree
from xml.etree.ElementTree import Element, ParseError

from ibflex import Types
from ibflex.parser import FlexParserError, parse_element_attr

from tieout.core.errors import SettingsError
from tieout.venues.ibkr.flex_words import NEW_YORK

ROOT = "FlexQueryResponse"
FILE_BYTES_MAX = 256 * 1024 * 1024
SUFFIX = ".xml"
_STATEMENT: Any = Types.FlexStatement


class StatementUnread(Exception):
    """A file is no Flex statement, or not a whole one."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Statement:
    """What one file tells of one account for a span of days."""

    file: str
    account: str
    first_day: date
    last_day: date
    made_at: datetime
    element: Element = field(repr=False)

    def section(self, name: str) -> Element | None:
        """A section, where the query has it."""
        return self.element.find(name)

    @property
    def body(self) -> bytes:
        """The statement as XML, without those of other accounts in the same file."""
        return bytes(ElementTree.tostring(self.element, encoding="utf-8"))


@dataclass(frozen=True, slots=True, kw_only=True)
class Shelf:
    """All statements that could be read, and in words the files that could not."""

    statements: tuple[Statement, ...] = ()
    problems: tuple[str, ...] = ()

    def of(self, account: str) -> tuple[Statement, ...]:
        """An account's, in the order in which they were made."""
        return tuple(each for each in self.statements if each.account == account)


class FlexFiles:
    """A file or a folder of statements; a file is read again when it has changed."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._read: dict[Path, tuple[tuple[int, int], tuple[Statement, ...] | str]] = {}

    def shelf(self) -> Shelf:
        """What there is now. A folder may be empty; a file that is gone is a problem."""
        statements: list[Statement] = []
        problems = []
        for path in self._paths():
            found = self._statements(path)
            if isinstance(found, str):
                problems.append(f"{path.name} is left out: {found}")
            else:
                statements += found
        statements.sort(key=lambda each: (each.made_at, each.last_day, each.file))
        return Shelf(statements=tuple(statements), problems=tuple(problems))

    def _paths(self) -> list[Path]:
        if not self.path.is_dir():
            return [self.path]
        return sorted(each for each in self.path.iterdir() if each.suffix.lower() == SUFFIX)

    def _statements(self, path: Path) -> tuple[Statement, ...] | str:
        try:
            status = path.stat()
            version = (status.st_size, status.st_mtime_ns)
            if path not in self._read or self._read[path][0] != version:
                self._read[path] = (version, statements_in(path))
        except StatementUnread as error:
            self._read[path] = (version, str(error))
        except OSError as error:
            return f"it cannot be read ({error.strerror or error})"
        return self._read[path][1]


def files_at(text: str, *, setting: str) -> FlexFiles:
    """The files of a setting, which must be there."""
    path = Path(text).expanduser()
    if not path.exists():
        raise SettingsError(
            f"{setting}: there is nothing at {text}; it must be a Flex statement (XML) or a "
            "folder of them"
        )
    return FlexFiles(path)


class _Builder(ElementTree.TreeBuilder):
    """Refuses document types: their entities make small files large or name other files."""

    def doctype(self, *_: Any) -> None:
        raise StatementUnread("it has a document type, which no Flex statement has")


def statements_in(path: Path) -> tuple[Statement, ...]:
    """The statements of a file. Raises StatementUnread with what to do."""
    if path.stat().st_size > FILE_BYTES_MAX:
        raise StatementUnread(f"it is larger than {FILE_BYTES_MAX} bytes; ask for fewer days")
    parser = ElementTree.XMLParser(target=_Builder())
    try:
        root = ElementTree.parse(path, parser).getroot()
    except ParseError as error:
        raise StatementUnread(f"it is no whole XML ({error}); download it again") from None
    if root.tag != ROOT:
        why = root.findtext("ErrorMessage") or f"it begins with <{root.tag}>"
        raise StatementUnread(f"{why}; download the statement as XML again")
    return tuple(_each(root, path))


def _each(root: Element, path: Path) -> Iterator[Statement]:
    block = root.find("FlexStatements")
    elements = [] if block is None else block.findall("FlexStatement")
    count = block.get("count") if block is not None else None
    if count != str(len(elements)):
        raise StatementUnread(f"it says that it has {count} statements and has {len(elements)}")
    for element in elements:
        if "/" in element.get("toDate", ""):
            raise StatementUnread(
                f"its days are written as {element.get('toDate')}; set the date format yyyyMMdd "
                "in the query"
            )
        try:
            account, first, last, made = (
                parse_element_attr(_STATEMENT, name, element.get(name, ""))[1]
                for name in ("accountId", "fromDate", "toDate", "whenGenerated")
            )
        except FlexParserError as error:
            raise StatementUnread(f"{error}; set the date format yyyyMMdd in the query") from None
        if not account:
            raise StatementUnread("a statement in it is of no account")
        yield Statement(
            file=path.name,
            account=account,
            first_day=first,
            last_day=last,
            made_at=made.replace(tzinfo=NEW_YORK).astimezone(UTC),
            element=element,
        )
