"""Alembic's entry: run the migrations on the connection we were given, in its transaction."""

from alembic import context

from tieout.store.tables import metadata

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=metadata,
)
context.run_migrations()
