"""A process that writes to a book, for tests that end it or let it race.

`commit NUMBER POINT`: commit one run of the story; at the point, end as by a power cut.
`race COUNT`: tell the version loaded, wait for a line, try to commit; COUNT times.
`together COUNT`: commit COUNT times, again where somebody else was first.
`hold`: take the lease, say so, and wait for ever.
"""

import os
import signal
import sys
from datetime import timedelta
from pathlib import Path

from store.plans import ACCOUNT, AT, commit_of, next_commit, opening
from tieout.core.errors import StaleVersion
from tieout.store import SqliteStore


def say(text: str) -> None:
    print(text, flush=True)


def commit(path: Path, number: str, point: str) -> None:
    def reached(name: str) -> None:
        if name == point:
            os.kill(os.getpid(), signal.SIGKILL)

    store = SqliteStore(path, reached=reached)
    store.commit(next_commit(store, int(number)))
    say("survived")


def race(path: Path, count: str) -> None:
    store = SqliteStore(path)
    for _ in range(int(count)):
        ready = commit_of(store.load(ACCOUNT), _plan(store), run=_name(store))
        say(str(ready.version))
        sys.stdin.readline()
        try:
            store.commit(ready)
            say("committed")
        except StaleVersion:
            say("stale")


def together(path: Path, count: str) -> None:
    store = SqliteStore(path)
    done = 0
    while done < int(count):
        try:
            store.commit(commit_of(store.load(ACCOUNT), _plan(store), run=_name(store)))
            done += 1
        except StaleVersion:
            continue
    say("done")


def _plan(store: SqliteStore):
    version = store.load(ACCOUNT).version
    return opening(f"P{os.getpid()}V{version}", at=AT + timedelta(minutes=version))


def _name(store: SqliteStore) -> str:
    return f"{os.getpid()}-{store.load(ACCOUNT).version}"


def hold(path: Path) -> None:
    with SqliteStore(path).lease(ACCOUNT.id):
        say("held")
        sys.stdin.readline()


if __name__ == "__main__":
    tasks = {each.__name__: each for each in (commit, race, together, hold)}
    tasks[sys.argv[1]](Path(sys.argv[2]), *sys.argv[3:])
