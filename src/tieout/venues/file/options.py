"""The settings of a connection to files, read from texts."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from pathlib import Path
from typing import Literal, TypeVar
from zoneinfo import ZoneInfo

from tieout.core.errors import NumberError, SettingsError
from tieout.core.numbers import exact
from tieout.venues.connection import require_known

SETTINGS = (
    "account", "activities", "age_s_max", "currency", "history", "line_end", "map",
    "map_activities", "path", "sign", "timeout_s", "timezone",
)  # fmt: skip
AGE_S_MAX = 4 * 24 * 3600  # a weekend with a holiday beside it
YEAR_S = 366 * 24 * 3600

History = Literal["full", "partial"]
HISTORIES: tuple[History, ...] = ("partial", "full")
LineEnd = Literal["required", "optional"]
LINE_ENDS: tuple[LineEnd, ...] = ("required", "optional")
Sign = Literal["quantity", "side"]
SIGNS: tuple[Sign, ...] = ("quantity", "side")
Word = TypeVar("Word", bound=str)


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """Which files are read, and how what they say is meant.

    `activities` is a file or folder; it is set as seen from where the statement lies.
    `names` and `activity_names` are the files' columns by our names for them. `sign` is where
    long and short are told. A statement older than `age_s_max` is not used.
    """

    path: Path
    activities: Path | None = None
    account: str | None = None
    currency: str = "USD"
    history: History = "partial"
    names: Mapping[str, str] = field(default_factory=dict)
    activity_names: Mapping[str, str] = field(default_factory=dict)
    age_s_max: Decimal = Decimal(AGE_S_MAX)
    zone: ZoneInfo | None = None
    line_end: LineEnd = "required"
    sign: Sign = "quantity"
    timeout_s: Decimal | None = None


def options_of(settings: Mapping[str, str], *, connection: str, venue: str) -> Options:
    """What is set. Raises SettingsError with the name of what is wrong."""
    require_known(settings, SETTINGS, venue=venue, connection=connection)
    asked = _Asked(settings, connection)
    path = asked.text("path")
    if path is None:
        raise asked.wrong("path", "is not set; name the statement, or the folder it comes into")
    statement, activities = Path(path).expanduser(), asked.text("activities")
    return Options(
        path=statement,
        activities=None if activities is None else statement.parent / Path(activities).expanduser(),
        account=asked.text("account"),
        currency=(asked.text("currency") or "USD").upper(),
        history=asked.word("history", HISTORIES),
        names=asked.names("map"),
        activity_names=asked.names("map_activities"),
        age_s_max=asked.number("age_s_max", most=YEAR_S) or Decimal(AGE_S_MAX),
        zone=asked.zone("timezone"),
        line_end=asked.word("line_end", LINE_ENDS),
        sign=asked.word("sign", SIGNS),
        timeout_s=asked.number("timeout_s", most=600),
    )


@dataclass(frozen=True, slots=True)
class _Asked:
    settings: Mapping[str, str]
    connection: str

    def wrong(self, key: str, message: str) -> SettingsError:
        return SettingsError(f"connections.{self.connection}.{key} {message}")

    def text(self, key: str) -> str | None:
        return self.settings.get(key, "").strip() or None

    def word(self, key: str, allowed: tuple[Word, ...]) -> Word:
        """One of the words; the first where nothing is set."""
        found = self.text(key)
        for each in allowed:
            if found in (None, each):
                return each
        raise self.wrong(key, f"must be one of {', '.join(allowed)}, not {found!r}")

    def number(self, key: str, *, most: int) -> Decimal | None:
        found = self.text(key)
        if found is None:
            return None
        try:
            number = exact(found)
        except NumberError:
            number = Decimal(0)
        if not Decimal("0.1") <= number <= most:
            raise self.wrong(key, f"must be a number from 0.1 to {most}")
        return number

    def zone(self, key: str) -> ZoneInfo | None:
        found = self.text(key)
        if found is None:
            return None
        try:
            return ZoneInfo(found)
        except (ValueError, OSError, KeyError):
            message = f"must be a time zone such as America/New_York, not {found!r}"
            raise self.wrong(key, message) from None

    def names(self, key: str) -> dict[str, str]:
        """`Ticker=symbol, Qty=quantity`: their name for a column, then ours."""
        found: dict[str, str] = {}
        for each in filter(str.strip, self.settings.get(key, "").split(",")):
            theirs, is_pair, ours = (part.strip() for part in each.rpartition("="))
            if not (theirs and is_pair and ours):
                message = f"must be THEIR_COLUMN=OUR_COLUMN, with commas between, not {each!r}"
                raise self.wrong(key, message)
            found[theirs] = ours
        return found
