"""Where the next reading of trades goes on: a small text that is stored with the run."""

import json
from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Bookmark:
    """Times in milliseconds: until when trades were read, and when funding was asked for.

    `symbols` were asked for one by one; `seen` is the newest trade, which must be found again;
    `hedged` symbols have their long and short apart.
    """

    until: int | None = None
    funding: int | None = None
    symbols: tuple[str, ...] = ()
    seen: tuple[str, str, int] | None = None
    hedged: tuple[str, ...] = ()

    @classmethod
    def read(cls, cursor: str | None) -> "Bookmark":
        """What a cursor says; one that is not ours begins anew."""
        try:
            found = json.loads(cursor or "{}")
            seen = found.get("seen")
            return cls(
                until=found.get("until"),
                funding=found.get("funding"),
                symbols=tuple(found.get("symbols", ())),
                hedged=tuple(found.get("hedged", ())),
                seen=(str(seen[0]), str(seen[1]), int(seen[2])) if seen else None,
            )
        except (ValueError, AttributeError, TypeError, LookupError):
            return cls()

    def text(self) -> str:
        return json.dumps(
            {
                "until": self.until,
                "funding": self.funding,
                "symbols": list(self.symbols),
                "seen": list(self.seen) if self.seen else None,
                "hedged": list(self.hedged),
            }
        )
