"""Times as texts on Coinbase's wire; at the gateway they are milliseconds."""

from datetime import UTC, date, datetime

from tieout.venues.moments import moment


def written(at: datetime) -> str:
    """A time as Coinbase takes it."""
    return at.astimezone(UTC).isoformat().replace("+00:00", "Z")


def day(text: str | None) -> date | None:
    """The day of a time stamp."""
    found = moment(text)
    return None if found is None else found.date()
