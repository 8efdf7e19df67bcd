"""Is everything in step? For people a page, for load balancers and monitoring three short answers."""

import time
from datetime import datetime
from typing import Any

from flask import Blueprint, Response, current_app, flash, g, jsonify, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext
from sqlalchemy.exc import DBAPIError

from app.errors import DatabaseBusy
from app.extensions import db
from app.queries.activity import seal_state
from app.queries.health import last_verification, table_states, worker_state
from app.queries.statistics import clock
from app.services.audit import verify_log
from app.services.statistics import rebuild_statistics, triggers_are_current, verify_statistics
from app.web.access import public, requires
from app.web.language import shown
from app.web.metrics import Metrics

bp = Blueprint("health", __name__)


@bp.get("/health")
@requires("health.view")
def show() -> str:
    return render_template("health/show.html", report=None, **_state())


@bp.post("/health/verify")
@requires("health.run")
def verify() -> ResponseReturnValue:
    result = verify_statistics()
    flash(shown(result.words), "danger" if result.differences else "success")
    return redirect(url_for("health.show"))


@bp.post("/health/rebuild")
@requires("health.run")
def rebuild() -> ResponseReturnValue:
    result = rebuild_statistics()
    if result.differences:
        words = gettext("After the rebuild: %(found)s", found=shown(result.words))
    else:
        words = gettext("Every figure is set to its recount.")
    flash(words, "danger" if result.differences else "success")
    return redirect(url_for("health.show"))


@bp.post("/health/audit")
@requires("health.run")
def audit() -> ResponseReturnValue:
    """Check the whole activity log against its seals."""
    return render_template("health/show.html", report=verify_log(), **_state())


@bp.get("/readyz")
@public
def ready() -> ResponseReturnValue:
    """Whether requests can be served: the database answers and carries this program's triggers."""
    try:
        if triggers_are_current():
            return jsonify({"status": "ok"})
        return jsonify({"status": "the triggers are not current; run: flask prepare"}), 503
    except (DBAPIError, DatabaseBusy):
        db.session.rollback()
        return jsonify({"status": "the database does not answer"}), 503


@bp.get("/metrics")
@requires("metrics.view")
def metrics() -> ResponseReturnValue:
    """Figures about the program itself, for Prometheus."""
    text, kind = _metrics().render(_gauges())
    return Response(text, content_type=kind)


@bp.before_app_request
def _start_timer() -> None:
    g.request_began = time.perf_counter()


@bp.after_app_request
def _observe(response: Response) -> Response:
    rule = request.url_rule.rule if request.url_rule else "(none)"
    seconds = time.perf_counter() - g.get("request_began", time.perf_counter())
    _metrics().observe(request.method, rule, response.status_code, seconds)
    return response


def _metrics() -> Metrics:
    found: Metrics = current_app.extensions.setdefault("metrics", Metrics())
    return found


def _manager() -> Any:
    return current_app.extensions.get("realtime")


def _state() -> dict[str, Any]:
    dispatcher = _manager()
    return {
        "clock": clock(),
        "dispatcher": dispatcher.status() if dispatcher else {},
        "dispatcher_alive": bool(dispatcher and dispatcher.is_alive()),
        "worker": worker_state(),
        "verification": last_verification(),
        "seals": seal_state(),
        "tables": table_states(),
        "triggers_current": triggers_are_current(),
    }


def _gauges() -> dict[str, float]:
    state = _state()
    worker, verification, sent = state["worker"], state["verification"], state["dispatcher"].get("last_version")
    last: datetime | None = verification.last_verified_at if verification else None
    return {
        "schoolpulse_clock_version": state["clock"].version,
        "schoolpulse_sent_version": sent if sent is not None else -1,
        "schoolpulse_clients": state["dispatcher"].get("clients", 0),
        "schoolpulse_worker_age_seconds": worker.age if worker.age is not None else -1,
        "schoolpulse_activity_unsealed": state["seals"].unsealed,
        "schoolpulse_statistics_ok": 0 if verification and verification.last_error else 1,
        "schoolpulse_statistics_verified_timestamp": last.timestamp() if last else 0,
        "schoolpulse_triggers_current": float(state["triggers_current"]),
    }
