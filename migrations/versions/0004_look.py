"""look"""

import sqlalchemy as sa
from alembic import op

MOMENT = sa.DateTime().with_variant(sa.TIMESTAMP(timezone=True), 'postgresql')

revision = '0004'
down_revision = '0003'


def upgrade() -> None:
    op.create_table('school_pictures',
    sa.Column('name', sa.String(length=48), nullable=False),
    sa.Column('type', sa.String(length=16), nullable=False),
    sa.Column('data', sa.Text(), nullable=False),
    sa.Column('created_at', MOMENT, server_default=sa.text('CURRENT_TIMESTAMP'), nullable=False),
    sa.PrimaryKeyConstraint('name', name=op.f('pk_school_pictures'))
    )


def downgrade() -> None:
    op.drop_table('school_pictures')
