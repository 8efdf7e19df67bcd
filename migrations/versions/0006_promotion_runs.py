"""promotion runs"""

import sqlalchemy as sa
from alembic import op

revision = '0006'
down_revision = '0005'


def upgrade() -> None:
    op.add_column('promotions', sa.Column('before', sa.Text(), nullable=True))


def downgrade() -> None:
    op.drop_column('promotions', 'before')
