"""How long and how much: every limit that a reading of files has."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """What a connection waits for and accepts.

    `read_s` is one try at all files of a reading, `deadline_s` the reading with its waits. A file
    that is missing, changes or is cut may be in the middle of being written: it is looked at
    `tries_max` times, `settle_s` apart. `poll_s` is how often a change is looked for.
    """

    read_s: float = 60.0
    deadline_s: float = 120.0
    tries_max: int = 3
    settle_s: float = 1.0
    poll_s: float = 5.0
    file_bytes_max: int = 1024 * 1024 * 1024
    evidence_bytes_max: int = 8 * 1024 * 1024
    files_max: int = 1000


DEFAULT = Limits()
