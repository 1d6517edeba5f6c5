"""What `doctor` says about a connection to files."""

from collections.abc import Sequence
from datetime import datetime

from tieout.core.errors import VenueError
from tieout.ports import Finding
from tieout.venues.file.contents import Contents
from tieout.venues.file.reading import Found

HOUR_S = 3600


def finding_of(error: VenueError) -> tuple[Finding, ...]:
    """Files that cannot be used."""
    return (Finding(subject="file", level="error", message=str(error), advice=error.advice),)


def findings(
    found: Found, accounts: Sequence[str], *, at: datetime, as_of: datetime
) -> tuple[Finding, ...]:
    """What was read, of when it is, and how sure that is."""
    statement, contents = found.statement, found.contents
    hours = (at - as_of).total_seconds() / HOUR_S
    told = "its rows" if contents.told_at else found.as_of_words
    return (
        Finding(
            subject="file",
            level="warning" if _unusable(contents) else "ok",
            message=f"{statement.name}: {_counted(contents)}",
        ),
        Finding(subject="account", level="ok", message=", ".join(accounts)),
        Finding(
            subject="age",
            level="ok",
            message=f"of {as_of.astimezone():%Y-%m-%d %H:%M}, as told by {told}; "
            f"{hours:.1f} hours ago",
        ),
        _checksum(found),
    )


def _unusable(contents: Contents) -> int:
    """How many rows say something that cannot be read."""
    return sum(row.problem is not None for _, row in contents.holdings)


def _counted(contents: Contents) -> str:
    unusable = _unusable(contents)
    held, happened = len(contents.holdings) - unusable, len(contents.activities)
    words = [
        f"{held} position" if held == 1 else f"{held} positions",
        f"{happened} activity" if happened == 1 else f"{happened} activities",
    ]
    if unusable:
        rows = "1 row" if unusable == 1 else f"{unusable} rows"
        words.append(f"{rows} that cannot be read; `tieout plan` says why")
    return ", ".join(words)


def _checksum(found: Found) -> Finding:
    statement = found.statement
    if statement.has_checksum:
        message = f"agrees with {statement.name}.sha256"
        return Finding(subject="checksum", level="ok", message=message)
    return Finding(
        subject="checksum",
        level="ok",
        message=f"there is no {statement.name}.sha256; a file cut at the end of a line would not "
        "be noticed by itself",
    )
