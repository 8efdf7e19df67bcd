"""The first minutes of a school: the link that opens the set-up page, and what that page makes."""

import secrets
from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import delete

from app.database import atomic
from app.errors import Missing
from app.models import AcademicYear, SetupLink, Term, User
from app.queries.sessions import token_hash
from app.queries.setup import is_set_up, opens_setup
from app.services.calendar import Period, add_year
from app.services.settings import save_settings
from app.services.users import add_user
