"""One look at all files of a connection: taken whole, and read as one."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from tempfile import TemporaryDirectory

from tieout.bulk.faults import FileFault
from tieout.core.errors import VenueError, VenueRefused, VenueReplyInvalid, VenueUnavailable
from tieout.ports import RawReply
from tieout.venues.connection import ADVICE_AGAIN
from tieout.venues.file import case_form
from tieout.venues.file.choice import chosen
from tieout.venues.file.contents import Contents, joined
from tieout.venues.file.disk import Disk, Paper, Unsettled, take
from tieout.venues.file.happenings import activities_in
from tieout.venues.file.limits import Limits
from tieout.venues.file.moments import moment_in_name
from tieout.venues.file.options import Options
from tieout.venues.file.positions import positions_in
from tieout.venues.file.sheets import is_cut, side_of

CUT = (
    "the last line has no end: the file may be cut (set line_end to optional if whoever writes "
    "it never ends the last line)"
)
ADVICE_FILE = "nothing was changed; have the file written anew, or look at the place named"


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """What one look brought: the papers, and what they say together."""

    papers: tuple[Paper, ...]
    contents: Contents
    as_of_words: str
    default_at: datetime

    @property
    def statement(self) -> Paper:
        return self.papers[0]


class Desk:
    """Takes the files of one connection. `look` blocks and belongs in a thread."""

    def __init__(
        self,
        options: Options,
        *,
        name: str,
        disk: Disk,
        limits: Limits,
        now: Callable[[], datetime],
    ) -> None:
        self._options = options
        self._name = name
        self._disk = disk
        self._limits = limits
        self._now = now

    def look(self, replies: list[RawReply]) -> Found:
        """All files, read. Raises a VenueError; `replies` gets what was taken until then."""
        try:
            choice = chosen(self._options, disk=self._disk, limits=self._limits)
            paths = (choice.statement, *choice.activities)
            papers = tuple(self._taken(path, replies) for path in paths)
            return self._read(papers)
        except FileFault as fault:
            raise VenueReplyInvalid(str(fault), venue=self._name, advice=ADVICE_FILE) from None
        except (OSError, Unsettled) as error:
            raise self._not_taken(error, replies) from None

    def marks(self) -> object:
        """Something that is equal as long as no file changed."""
        try:
            choice = chosen(self._options, disk=self._disk, limits=self._limits)
            paths = (choice.statement, *choice.activities)
            return [(path, self._disk.look(path)) for path in paths]
        except (OSError, FileFault) as error:
            return str(error)

    def _taken(self, path: Path, replies: list[RawReply]) -> Paper:
        paper = take(path, disk=self._disk, bytes_max=self._limits.file_bytes_max)
        replies.append(self._evidence(paper))
        return paper

    def _read(self, papers: tuple[Paper, ...]) -> Found:
        statement, *rest = papers
        with TemporaryDirectory(prefix="tieout-") as made:
            folder = Path(made)
            main = self._statement(statement, folder)
            contents = joined(main, [self._activities(paper, folder) for paper in rest])
        if len(contents.accounts) > 1 and not main.accounts:
            names = ", ".join(sorted(contents.accounts))
            message = f"names no account, but the activities are of {names}"
            raise FileFault(message, file=statement.name)
        zone, written_at = self._options.zone, statement.written_at
        named_at = moment_in_name(statement.name, zone=zone, written_at=written_at)
        return Found(
            papers=papers,
            contents=contents,
            as_of_words="its name" if named_at else "when it was written",
            default_at=named_at or written_at,
        )

    def _statement(self, paper: Paper, folder: Path) -> Contents:
        if case_form.is_case_form(paper):
            return case_form.contents_of(paper)
        side = side_of(paper, folder=folder, names=self._options.names)
        return self._unless_cut(
            paper, positions_in(side, self._options, written_at=paper.written_at)
        )

    def _activities(self, paper: Paper, folder: Path) -> Contents:
        side = side_of(paper, folder=folder, names=self._options.activity_names)
        found = activities_in(side, currency=self._options.currency)
        return self._unless_cut(paper, found)

    def _unless_cut(self, paper: Paper, contents: Contents) -> Contents:
        if self._options.line_end == "optional" or paper.has_checksum or not is_cut(paper):
            return contents
        # Its last number may lack digits, so that not one row of it can be relied on.
        raise FileFault(CUT, file=paper.name)

    def _evidence(self, paper: Paper) -> RawReply:
        words = (
            f"{paper.name}, {len(paper.content)} bytes, written {paper.written_at.isoformat()}, "
            f"sha256 {paper.digest}"
        )
        bytes_max = self._limits.evidence_bytes_max
        if len(paper.content) > bytes_max:
            words = f"{words} (the first {bytes_max} bytes)"
        content = paper.content[:bytes_max]
        return RawReply(call=words, status=None, received_at=self._now(), body=content)

    def _not_taken(self, error: OSError | Unsettled, replies: list[RawReply]) -> VenueError:
        name, path = self._name, self._options.path
        said = str(error) if isinstance(error, Unsettled) else (error.strerror or str(error))
        place = getattr(error, "filename", None) or path
        words = f"{Path(str(place)).name}: {said}"
        replies.append(RawReply(call=words, status=None, received_at=self._now(), body=b""))
        if isinstance(error, PermissionError):
            advice = "let the user that Tieout runs as read the file and its folder"
            return VenueRefused(words, venue=name, advice=advice)
        if isinstance(error, FileNotFoundError):
            advice = f"is it delivered to {path}? {ADVICE_AGAIN}"
            return VenueUnavailable(words, venue=name, advice=advice)
        return VenueUnavailable(words, venue=name, advice=ADVICE_AGAIN)
