"""Any file of the past is brought up to date in one step; one of the future is left alone."""

import os
import sqlite3
import subprocess
import sys
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import create_engine

from store.plans import ACCOUNT, AT, MINUTE, STORY, commit_of, next_commit, opening, tell
from tieout.core.errors import StoreError
from tieout.ports import AlreadyServed
from tieout.store import SqliteStore, migrations, verify
from tieout.store.lease import FileLeases
from tieout.store.statements import TABLES
from tieout.store.tables import metadata


def connected(path: Path) -> sqlite3.Connection:
    return sqlite3.connect(path, isolation_level=None)


def at_revision(path: Path, revision: str) -> sqlite3.Connection:
    connection = connected(path)
    migrations.upgrade(connection, place=str(path), to=revision)
    assert migrations.revision_of(connection) == revision
    return connection


def test_the_revisions_are_those_in_the_folder():
    script = ScriptDirectory.from_config(migrations.configuration())
    newest_first = [each.revision for each in script.walk_revisions()]
    assert tuple(reversed(newest_first)) == migrations.REVISIONS
    assert script.get_heads() == [migrations.NEWEST]


def test_migrations_lead_to_the_tables_that_the_program_knows(empty_path: Path):
    with create_engine(f"sqlite:///{empty_path}").connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        assert compare_metadata(context, metadata) == []


def schema(path: Path) -> set[tuple[str, str]]:
    """Every table and index with its definition, spaces aside."""
    found = connected(path).execute(
        "SELECT name, sql FROM sqlite_master WHERE name NOT LIKE 'alembic%' AND sql IS NOT NULL"
    )
    return {(name, " ".join(sql.split())) for name, sql in found}


def test_migrations_lead_to_the_same_schema_as_the_tables(empty_path: Path, tmp_path: Path):
    metadata.create_all(create_engine(f"sqlite:///{tmp_path / 'new.db'}"))
    migrated = {(name, sql.replace(" CONSTRAINT runs_id", "")) for name, sql in schema(empty_path)}
    made = {
        (name, sql.replace(" CONSTRAINT runs_id", "")) for name, sql in schema(tmp_path / "new.db")
    }
    assert migrated == made


@pytest.mark.parametrize("table", TABLES)
def test_rows_have_the_columns_of_their_table(table: str):
    names = [column.name for column in metadata.tables[table].columns]
    assert [name for name in names if (table, name) != ("outbox", "id")] == list(
        TABLES[table]._fields
    )


OF_NO_ACCOUNT = {
    "api_keys", "deliveries", "failed_logins", "notices", "outbox", "runtime_settings", "sessions",
    "users",
}  # fmt: skip


@pytest.mark.parametrize("table", sorted(set(metadata.tables) - OF_NO_ACCOUNT))
def test_every_table_is_keyed_by_the_account_first(table: str):
    assert next(iter(metadata.tables[table].primary_key.columns)).name == "account"


@pytest.mark.parametrize("revision", migrations.REVISIONS)
def test_an_older_file_is_brought_up_to_date_with_its_books(tmp_path: Path, revision: str):
    path = tmp_path / "book.db"
    old = at_revision(path, revision)
    old.execute("INSERT INTO marks VALUES ('other', 'd', '{}')")
    old.close()
    store = SqliteStore(path)
    tell(store)
    assert verify(store, ACCOUNT.id).is_sound
    store.close()
    connection = connected(path)
    assert migrations.revision_of(connection) == migrations.NEWEST
    assert connection.execute("SELECT account FROM marks ORDER BY 1").fetchall() == [
        ("main",), ("other",),
    ]  # fmt: skip


SINCE_0006 = ("evidence_links", "events_links", "program", "noted_digest")


def test_a_book_from_before_runs_noted_their_account_is_sound(story_path: Path):
    old = connected(story_path)
    for noted in ("account", "instruments", "breaks", "record"):
        old.execute(f"ALTER TABLE runs DROP COLUMN {noted}_digest")
    for valued in ("closings", "positions"):
        old.execute(f"ALTER TABLE {valued} DROP COLUMN base")
    for noted in SINCE_0006:
        old.execute(f"ALTER TABLE runs DROP COLUMN {noted}")
    old.execute("UPDATE alembic_version SET version_num = '0003'")
    old.close()
    store = SqliteStore(story_path)
    assert verify(store, ACCOUNT.id).is_sound
    plan = opening("MSFT", at=AT + 9 * MINUTE)
    store.commit(commit_of(store.load(ACCOUNT), plan, run="later"))
    assert verify(store, ACCOUNT.id).is_sound
    store.close()


def test_a_file_that_is_up_to_date_is_opened_without_the_migration_tools(empty_path: Path):
    program = (
        "import sys; from tieout.store import open_store;"
        f" open_store('sqlite:///{empty_path}').accounts();"
        " print([each for each in ('alembic', 'sqlalchemy') if each in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True)
    assert (done.stdout, done.stderr) == ("[]\n", "")


def test_a_newer_file_is_refused_and_left_alone(story_path: Path):
    connection = connected(story_path)
    connection.execute("UPDATE alembic_version SET version_num = '0099'")
    connection.close()
    before = story_path.read_bytes()
    with pytest.raises(StoreError, match=r"newer Tieout \(revision 0099, .*upgrade Tieout"):
        SqliteStore(story_path)
    assert story_path.read_bytes() == before


def test_the_database_of_another_program_is_refused(tmp_path: Path):
    path = tmp_path / "other.db"
    connection = connected(path)
    connection.execute("CREATE TABLE positions (id INTEGER)")
    connection.close()
    with pytest.raises(StoreError, match="the database of another program"):
        SqliteStore(path)
    assert connected(path).execute("SELECT name FROM sqlite_master").fetchall() == [("positions",)]


def test_an_upgrade_that_fails_leaves_the_file_as_it_was(tmp_path, monkeypatch):
    from alembic import command

    path = tmp_path / "book.db"
    old = at_revision(path, "0001")
    whole = command.upgrade

    def broken(*arguments) -> None:
        whole(*arguments)
        raise ZeroDivisionError

    monkeypatch.setattr(command, "upgrade", broken)
    with pytest.raises(ZeroDivisionError):
        SqliteStore(path)
    assert migrations.revision_of(old) == "0001"
    assert not old.execute("SELECT 1 FROM sqlite_master WHERE name = 'outbox'").fetchall()
    monkeypatch.undo()
    store = SqliteStore(path)
    assert store.commit(next_commit(store, 1)) == 1
    store.close()


def test_who_comes_second_to_an_upgrade_finds_it_done(tmp_path: Path):
    path = tmp_path / "book.db"
    at_revision(path, migrations.NEWEST)
    at_revision(path, migrations.NEWEST).close()
    store = SqliteStore(path)
    tell(store, runs=len(STORY))
    assert verify(store, ACCOUNT.id).is_sound
    store.close()


def test_an_older_book_is_left_as_it_is_while_a_service_keeps_it(tmp_path: Path):
    path = tmp_path / "book.db"
    old = at_revision(path, "0003")
    theirs = FileLeases(tmp_path / "book.db.leases")
    with theirs.serving(AT):
        told = rf"{path} is one of an older Tieout .* process {os.getpid()} since .*; end that one"
        with pytest.raises(AlreadyServed, match=told):
            SqliteStore(path)
        assert migrations.revision_of(old) == "0003"
    SqliteStore(path).close()
    assert migrations.revision_of(old) == migrations.NEWEST
    with theirs.serving(AT):
        SqliteStore(path).close()


def test_a_service_finds_out_that_a_newer_program_came_before_it(tmp_path: Path):
    path = tmp_path / "book.db"
    store = SqliteStore(path)
    connected(path).execute("UPDATE alembic_version SET version_num = '0099'")
    with pytest.raises(StoreError, match="newer Tieout"):
        store.serving(AT).__enter__()
    store.close()
