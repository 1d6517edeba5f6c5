"""What goes wrong, with a stable code and a message that says what to do next."""

from types import TracebackType


class TieoutError(Exception):
    """Base of every error Tieout raises on purpose; `code` is stable, the message is for people."""

    code = "error"


class NumberError(TieoutError, ValueError):
    """A text that should be a finite decimal number is not one."""

    code = "number"


class IllegalTransition(TieoutError):
    """A position cannot go from the one lifecycle status to the other."""

    code = "illegal_transition"


class CurrencyMismatch(TieoutError):
    """Money of two currencies was about to be added."""

    code = "currency_mismatch"


class JournalError(TieoutError):
    """The journal does not fit together; `sequence` is the first entry that is wrong."""

    code = "journal"

    def __init__(self, message: str, *, sequence: int) -> None:
        super().__init__(message)
        self.sequence = sequence


class SettingsError(TieoutError):
    """A setting, file or argument is wrong; the message names the place and what is allowed."""

    code = "settings"


class StoreError(TieoutError):
    """The database could not be read or written; nothing of the run was kept."""

    code = "store"


class UnreadableBook(StoreError):
    """Something stored is not what was written there; `finding` names the place."""

    code = "unreadable_book"

    def __init__(self, finding: str) -> None:
        super().__init__(f"{finding}; `tieout verify` says what was changed")
        self.finding = finding


class StaleVersion(StoreError):
    """Somebody else committed to this account first; this run's work is discarded."""

    code = "stale_version"


class VenueError(TieoutError):
    """A venue could not be read. `venue` and `advice` say where and what to do next.

    `reason` is a word for programs where the kind of error does not say enough, and `evidence`
    the raw replies that did arrive.
    """

    code = "venue"
    kind = "unavailable"

    def __init__(
        self, message: str, *, venue: str, advice: str = "", status: int | None = None
    ) -> None:
        super().__init__(f"{venue}: {message}" + (f" - {advice}" if advice else ""))
        self.venue = venue
        self.advice = advice
        self.status = status
        self.reason: str | None = None
        self.evidence: tuple[object, ...] = ()


class VenueUnavailable(VenueError):
    """The venue did not answer, or asked us to come back later: try again."""

    code = "venue_unavailable"
    kind = "unavailable"

    def __init__(
        self,
        message: str,
        *,
        venue: str,
        advice: str = "",
        status: int | None = None,
        retry_after_s: float | None = None,
    ) -> None:
        super().__init__(message, venue=venue, advice=advice, status=status)
        self.retry_after_s = retry_after_s


class VenueRefused(VenueError):
    """The venue understood and said no (401, 403, wrong account): do not try again."""

    code = "venue_refused"
    kind = "refused"


class VenueReplyInvalid(VenueError):
    """The venue answered something that cannot be trusted: nothing of it is applied."""

    code = "venue_reply_invalid"
    kind = "reply_invalid"


class UnexpectedError(TieoutError):
    """A fault of Tieout itself. The message has no text of the exception, which may hold secrets;
    the exception is its `__cause__`.
    """

    code = "unexpected"


def fault_of(error: Exception, *, written: str = "nothing was written by it") -> TieoutError:
    """An exception as an error of ours: as it is, or as the fault of Tieout that it shows."""
    if isinstance(error, TieoutError):
        return error
    fault = UnexpectedError(
        f"this is a fault of Tieout: {type(error).__name__} in {_place_of(error.__traceback__)}, "
        f"{written}; `tieout --traceback ...` and the log of `tieout serve` show the details, "
        "please report them"
    )
    fault.__cause__ = error
    return fault


def _place_of(trace: TracebackType | None) -> str:
    """The innermost place in our own code, or in whatever was running."""
    places = []
    while trace is not None:
        places.append((str(trace.tb_frame.f_globals.get("__name__", "?")), trace.tb_lineno))
        trace = trace.tb_next
    ours = [each for each in places if each[0].partition(".")[0] == "tieout"]
    module, line = (ours or places or [("?", 0)])[-1]
    return f"{module} line {line}"
