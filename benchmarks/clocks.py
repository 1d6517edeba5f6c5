"""A clock beside the real one, so that a market can have a past and no benchmark waits for it."""

from datetime import UTC, datetime, timedelta


class Shifted:
    """The time of this machine, some seconds off; only ever moved forward."""

    def __init__(self, seconds: float) -> None:
        self.seconds = seconds

    def now(self) -> datetime:
        return datetime.now(UTC) + timedelta(seconds=self.seconds)

    def advance(self, seconds: float) -> None:
        """Let time pass at once."""
        self.seconds += seconds
