"""`tieout users`, `tieout keys` and `tieout openapi`, as a shell sees them."""

import io
import json
import re
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

import pytest

from cli.shell import Result, start
from golden import FOLDER
from tieout.store.sqlite import SqliteStore
from tieout.wiring.credentials import digest_of, is_password

PASSWORD = "correct horse battery"
Tieout = Callable[..., Result]


@pytest.fixture
def store(folder: Path) -> Iterator[SqliteStore]:
    """The book of the folder; there is no connection, which nobody needs for this."""
    (folder / "tieout.toml").write_text('[store]\nurl = "sqlite:///book.db"\n', encoding="utf-8")
    opened = SqliteStore(folder / "book.db")
    yield opened
    opened.close()


@pytest.fixture
def piped(monkeypatch: pytest.MonkeyPatch) -> Callable[[str], None]:
    """Has the next command read this from stdin."""

    def pipe(text: str) -> None:
        monkeypatch.setattr("sys.stdin", io.StringIO(text))

    return pipe


def add_user(tieout: Tieout, piped: Callable[[str], None], name: str, *more: str) -> Result:
    piped(f"{PASSWORD}\n")
    return tieout("users", "add", name, "--password-stdin", *more)


def test_a_user_is_added_and_may_do_everything_unless_it_is_said(
    tieout: Tieout, store: SqliteStore, piped: Callable[[str], None]
) -> None:
    first = add_user(tieout, piped, "ada")
    second = add_user(tieout, piped, "ben", "--can", "positions:write")
    assert (first.status, second.status) == (0, 0)
    assert "ada is added; may read, positions:write, admin:write" in first.err
    assert "ben is added; may read, positions:write" in second.err
    ben = store.user("ben")
    assert ben is not None
    assert ben.capabilities == {"read", "positions:write"}
    assert is_password(PASSWORD, ben.password_hash)
    assert (first.out, second.out) == ("", "")


def test_a_user_who_is_added_again_gets_another_password(
    tieout: Tieout, store: SqliteStore, piped: Callable[[str], None]
) -> None:
    add_user(tieout, piped, "ada")
    piped("another horse battery\r\n")
    changed = tieout("users", "add", "ada", "--can", "read", "--password-stdin", "--json")
    assert changed.json["is_new"] is False
    assert changed.json["user"]["capabilities"] == ["read"]
    ada = store.user("ada")
    assert ada is not None
    assert is_password("another horse battery", ada.password_hash)
    assert not is_password(PASSWORD, ada.password_hash)


def test_users_are_listed_and_removed(
    tieout: Tieout, store: SqliteStore, piped: Callable[[str], None]
) -> None:
    assert "No users yet" in tieout("users", "list").out
    add_user(tieout, piped, "ada")
    add_user(tieout, piped, "ben", "--can", "read")
    shown = tieout("users", "list")
    assert re.search(r"ben\b.*\bread\b", shown.out)
    listed = tieout("users", "list", "--json").json["users"]
    assert [each["name"] for each in listed] == ["ada", "ben"]
    assert tieout("users", "remove", "ada").status == 0
    assert [each.name for each in store.users()] == ["ben"]
    gone = tieout("users", "remove", "ada")
    assert gone.status == 2
    assert "there is no user 'ada'; there are: ben" in gone.err


@pytest.mark.parametrize(
    ("arguments", "typed", "words"),
    [
        (["ada"], "short\n", "a password must have 10 to 1024 characters"),
        (["ada"], "", "a password must have 10 to 1024 characters"),
        (["ada"], "x" * 2000, "a password must have 10 to 1024 characters"),
        (["ada", "--can", "everything"], PASSWORD, "'everything' is none of read"),
        (["ada", "--can", ""], PASSWORD, "is none of read"),
        ([" "], PASSWORD, "must be 1 to 100 printable characters"),
        (["a\x1b[31m"], PASSWORD, "must be 1 to 100 printable characters"),
    ],
)
def test_a_user_that_makes_no_sense_is_refused(
    tieout: Tieout,
    store: SqliteStore,
    piped: Callable[[str], None],
    arguments: list[str],
    typed: str,
    words: str,
) -> None:
    piped(typed)
    refused = tieout("users", "add", *arguments, "--password-stdin")
    assert refused.status == 2
    assert words in refused.err
    assert typed.strip() not in refused.err or not typed.strip()
    assert "\x1b" not in refused.err
    assert store.users() == []


def test_a_password_is_not_taken_from_a_pipe_unless_it_is_said(
    tieout: Tieout, store: SqliteStore, piped: Callable[[str], None]
) -> None:
    piped(f"{PASSWORD}\n")
    refused = tieout("users", "add", "ada")
    assert refused.status == 2
    assert "--password-stdin" in refused.err
    assert store.users() == []


def test_a_key_is_shown_once_and_only_its_digest_is_kept(
    tieout: Tieout, store: SqliteStore, folder: Path
) -> None:
    made = tieout("keys", "add", "bot")
    secret = made.out.strip()
    assert made.status == 0
    assert secret.startswith("tieout_")
    assert "may read; it is shown this once" in made.err
    found = store.key_of(digest_of(secret))
    assert found is not None
    assert (found.name, sorted(found.capabilities)) == ("bot", ["read"])
    for shown in (tieout("keys", "list"), tieout("keys", "list", "--json")):
        assert secret not in shown.out + shown.err
    with closing(sqlite3.connect(folder / "book.db")) as book:
        book.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    assert secret.encode() not in (folder / "book.db").read_bytes()


def test_a_key_for_programs_is_given_as_json(tieout: Tieout, store: SqliteStore) -> None:
    made = tieout("keys", "add", "bot", "--can", "positions:write,admin:write", "--json")
    assert made.err == ""
    assert made.json["capabilities"] == ["admin:write", "positions:write", "read"]
    assert store.key_of(digest_of(made.json["key"])) is not None


def test_keys_are_listed_and_revoked_for_ever(tieout: Tieout, store: SqliteStore) -> None:
    assert "No keys yet" in tieout("keys", "list").out
    key = tieout("keys", "add", "bot", "--json").json["id"]
    assert re.search(rf"{key}.*bot.*never.*valid", tieout("keys", "list").out)
    assert tieout("keys", "revoke", key).status == 0
    (listed,) = tieout("keys", "list", "--json").json["keys"]
    assert listed["revoked_at"] is not None
    assert "revoked" in tieout("keys", "list").out
    again = tieout("keys", "revoke", key)
    assert again.status == 2
    assert f"there is no valid key '{key}'" in again.err


def test_a_key_with_a_capability_that_there_is_not_is_refused(
    tieout: Tieout, store: SqliteStore
) -> None:
    refused = tieout("keys", "add", "bot", "--can", "root")
    assert refused.status == 2
    assert "'root' is none of read, positions:write, admin:write" in refused.err
    assert store.api_keys() == []


def test_listing_makes_no_book(tieout: Tieout, folder: Path) -> None:
    (folder / "tieout.toml").write_text('[store]\nurl = "sqlite:///book.db"\n', encoding="utf-8")
    for noun in ("users", "keys"):
        refused = tieout(noun, "list")
        assert refused.status == 2
        assert "there is no book" in refused.err
    assert not (folder / "book.db").exists()


@pytest.mark.parametrize("name", ["", " ", "a\x1b[31m", "n" * 101])
def test_a_name_that_makes_no_sense_makes_no_book(tieout: Tieout, folder: Path, name: str) -> None:
    refused = tieout("keys", "add", name, "--can", "read")
    assert refused.status == 2
    assert "must be 1 to 100 printable characters" in refused.err
    assert list(folder.iterdir()) == []


@pytest.mark.parametrize("noun", ["users", "keys"])
def test_without_a_verb_help_is_shown(tieout: Tieout, folder: Path, noun: str) -> None:
    shown = tieout(noun)
    assert shown.status == 0
    assert "list" in shown.out
    assert "Examples" in shown.out


def test_the_openapi_document_needs_no_book_and_no_settings(folder: Path) -> None:
    process = start("openapi", folder=folder)
    out, err = process.communicate(timeout=60)
    assert (process.returncode, err) == (0, "")
    assert json.loads(out)["openapi"].startswith("3.1")
    assert out == (FOLDER / "openapi.json").read_text(encoding="utf-8")
    assert list(folder.iterdir()) == []
