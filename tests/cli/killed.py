"""`tieout`, killed at a point of its commit: python killed.py POINT ARGUMENTS..."""

import functools
import os
import signal
import sys

from tieout.cli.main import main
from tieout.store.sqlite import SqliteStore


def die_at(point: str) -> None:
    """From now on this process ends at that point, as by a power cut."""

    def reached(name: str) -> None:
        if name == point:
            os.kill(os.getpid(), signal.SIGKILL)

    SqliteStore.__init__ = functools.partialmethod(SqliteStore.__init__, reached=reached)


if __name__ == "__main__":
    die_at(sys.argv.pop(1))
    main()
