"""billed once"""

import sqlalchemy as sa
from alembic import op

BILLED = sa.text('billing_run_id IS NOT NULL AND cancelled_at IS NULL')

revision = '0007'
down_revision = '0006'


def upgrade() -> None:
    op.add_column('fee_structures', sa.Column('is_optional', sa.Boolean(), server_default='0', nullable=False))
    op.create_index('ux_fees_billed_once', 'fees', ['student_id', 'fee_type_id', 'term_id'], unique=True, sqlite_where=BILLED, postgresql_where=BILLED)


def downgrade() -> None:
    op.drop_index('ux_fees_billed_once', table_name='fees', sqlite_where=BILLED, postgresql_where=BILLED)
    op.drop_column('fee_structures', 'is_optional')
