"""walls"""

import sqlalchemy as sa
from alembic import op

MOMENT = sa.DateTime().with_variant(sa.TIMESTAMP(timezone=True), 'postgresql')

revision = '0002'
down_revision = '0001'


def upgrade() -> None:
    shown = 'money,attendance,enrolment,classes'
    op.add_column('wall_displays', sa.Column('boards', sa.String(length=80), server_default=shown, nullable=False))
    op.add_column('wall_displays', sa.Column('board_seconds', sa.Integer(), server_default='30', nullable=False))
    op.add_column('wall_displays', sa.Column('theme', sa.String(length=16), server_default='dark', nullable=False))
    op.create_table('wall_pairings',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('secret_hash', sa.String(length=64), nullable=False),
    sa.Column('code_hash', sa.String(length=64), nullable=True),
    sa.Column('ip_address', sa.String(length=45), server_default='', nullable=False),
    sa.Column('created_at', MOMENT, server_default=sa.text('CURRENT_TIMESTAMP'), nullable=False),
    sa.Column('expires_at', MOMENT, nullable=False),
    sa.Column('display_id', sa.Integer(), nullable=True),
    sa.ForeignKeyConstraint(['display_id'], ['wall_displays.id'], name=op.f('fk_wall_pairings_display_id_wall_displays'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_wall_pairings')),
    sa.UniqueConstraint('code_hash', name=op.f('uq_wall_pairings_code_hash')),
    sa.UniqueConstraint('secret_hash', name=op.f('uq_wall_pairings_secret_hash')),
    sqlite_autoincrement=True
    )
    op.create_index(op.f('ix_wall_pairings_display_id'), 'wall_pairings', ['display_id'], unique=False)
    op.create_index(op.f('ix_wall_pairings_ip_address'), 'wall_pairings', ['ip_address'], unique=False)


def downgrade() -> None:
    op.drop_index(op.f('ix_wall_pairings_ip_address'), table_name='wall_pairings')
    op.drop_index(op.f('ix_wall_pairings_display_id'), table_name='wall_pairings')
    op.drop_table('wall_pairings')
    op.drop_column('wall_displays', 'theme')
    op.drop_column('wall_displays', 'board_seconds')
    op.drop_column('wall_displays', 'boards')
