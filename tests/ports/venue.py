"""The venue suite, which is part of the package: adapters elsewhere run it too."""

from tieout.testing.venue import (
    GARBLED,
    PASSING,
    Stage,
    Trouble,
    VenueSuite,
    assert_clean,
    digests,
    failure,
    moved,
    quantities,
    read,
)

__all__ = [
    "GARBLED", "PASSING", "Stage", "Trouble", "VenueSuite", "assert_clean", "digests", "failure",
    "moved", "quantities", "read",
]  # fmt: skip
