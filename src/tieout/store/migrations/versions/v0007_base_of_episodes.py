"""Positions say what they made in the account's own currency, where the rates are known."""

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("positions", sa.Column("base", sa.Text, nullable=True))
