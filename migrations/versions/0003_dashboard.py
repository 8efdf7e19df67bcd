"""dashboard"""

import sqlalchemy as sa
from alembic import op

MOMENT = sa.DateTime().with_variant(sa.TIMESTAMP(timezone=True), 'postgresql')

revision = '0003'
down_revision = '0002'
SUMMED = 'ix_financial_transactions_date_type'
VOIDED = sa.text('voided_at IS NOT NULL')


def upgrade() -> None:
    op.add_column('users', sa.Column('dashboard_seen_at', MOMENT, nullable=True))
    op.add_column('users', sa.Column('away_since', MOMENT, nullable=True))
    op.create_index('ix_payments_voided_at', 'payments', ['voided_at'], unique=False, sqlite_where=VOIDED, postgresql_where=VOIDED)
    op.drop_index(SUMMED, table_name='financial_transactions')
    op.create_index(SUMMED, 'financial_transactions', ['transaction_date', 'type', 'amount'], unique=False)


def downgrade() -> None:
    op.drop_index(SUMMED, table_name='financial_transactions')
    op.create_index(SUMMED, 'financial_transactions', ['transaction_date', 'type'], unique=False)
    op.drop_index('ix_payments_voided_at', table_name='payments', sqlite_where=VOIDED, postgresql_where=VOIDED)
    op.drop_column('users', 'away_since')
    op.drop_column('users', 'dashboard_seen_at')
