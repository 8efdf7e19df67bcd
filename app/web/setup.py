"""placeholder"""
from flask import Blueprint
from app.web.access import public
bp = Blueprint("setup", __name__)

@bp.get("/setup")
@public
def show() -> str:
    return "setup"
