"""What `doctor` says about a connection to files."""

from collections.abc import Sequence
from datetime import datetime

from tieout.core.errors import VenueError
from tieout.ports import Finding
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
    rows = f"{len(contents.holdings)} positions, {len(contents.activities)} activities"
    return (
        Finding(subject="file", level="ok", message=f"{statement.name}: {rows}"),
        Finding(subject="account", level="ok", message=", ".join(accounts)),
        Finding(
            subject="age",
            level="ok",
            message=f"of {as_of.isoformat()}, as told by {told}; {hours:.1f} hours ago",
        ),
        _checksum(found),
    )


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
