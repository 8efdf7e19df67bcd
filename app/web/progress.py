"""The long work of the one who asks: how far it is, what came of it, and stopping it."""

from typing import Any

from flask import Blueprint, Flask, jsonify
from flask.typing import ResponseReturnValue

from app.progress import Job, cancel, folder, is_working_for, jobs_of, sweep
from app.web.access import requires
from app.web.identity import identity
from app.web.language import shown

bp = Blueprint("progress", __name__)


@bp.get("/progress")
@requires("home.view")
def show() -> ResponseReturnValue:
    sweep(folder())
    answer = jsonify({"jobs": [_as_told(job) for job in jobs_of(_user_id())]})
    answer.headers["Cache-Control"] = "no-store"
    return answer


@bp.post("/progress/<job>/cancel")
@requires("home.view")
def stop(job: str) -> ResponseReturnValue:
    """Ask for the end of a job; it stops at its next step, and its own answer says so."""
    cancel(job, user_id=_user_id())
    return "", 204


def _as_told(job: Job) -> dict[str, Any]:
    return {
        "job": job.id,
        "title": shown(job.title),
        "done": job.done,
        "total": job.total,
        "at": job.at,
        "state": job.state,
        "words": shown(job.words) if job.words else "",
        "can_cancel": job.can_cancel,
    }


def _user_id() -> int | None:
    who = identity()
    return who.user_id if who else None


def _is_working() -> bool:
    return is_working_for(_user_id())


@bp.record_once
def _for_templates(state: Any) -> None:
    app: Flask = state.app
    app.jinja_env.globals["is_working"] = _is_working
