"""`/billing-runs`: charging the students of a class by a price list, and taking that back."""

from typing import Annotated

from flask import Blueprint, Response, url_for
from pydantic import Field

from app.api.core import answer, created, hash_of, idempotency_key, listed, takes
from app.api.fields import Body, Id, IsoMoment, ListArguments, Minor, Shape
from app.errors import Missing
from app.queries.billing_runs import BillingRunFilter, BillingRunRow, billing_run_page, billing_run_row
from app.services.billing_runs import bill
from app.services.billing_undo import take_back_billing
from app.web.access import requires

bp = Blueprint("billing_runs", __name__, url_prefix="/billing-runs")


class BillingRunShape(Shape):
    """A run: `fee_count` and `total` as it was made; `students` and `paid` of its fees that stand."""

    id: int
    fee_structure_id: int | None
    class_id: int | None
    class_name: str | None
    term_id: int | None
    term: str | None
    fee_count: int
    total: Minor
    students: int
    paid: Minor
    created_at: IsoMoment
    undone_at: IsoMoment | None


class NewBillingRun(Body):
    """Whom to bill: everybody of the price list's class who is not billed yet, or those of `student_ids`."""

    fee_structure_id: Id
    student_ids: Annotated[list[Id], Field(min_length=1, max_length=5_000)] | None = None


class BillingRunList(ListArguments):
    """Which runs."""

    term_id: Id | None = None
    class_id: Id | None = None
    fee_structure_id: Id | None = None


@bp.get("")
@requires("fees.view")
@takes(query=BillingRunList, gives=BillingRunShape, a_list=True)
def index(query: BillingRunList) -> Response:
    """List billing runs, the newest first."""
    wanted = BillingRunFilter(query.term_id, query.class_id, query.fee_structure_id)
    return listed(billing_run_page(wanted, cursor=query.cursor, limit=query.limit).map(BillingRunShape.of))


@bp.get("/<int:billing_run_id>")
@requires("fees.view")
@takes(gives=BillingRunShape)
def show(billing_run_id: int) -> Response:
    """One billing run."""
    return answer(BillingRunShape.of(_run(billing_run_id)))


@bp.post("")
@requires("fees.edit")
@takes(body=NewBillingRun, gives=BillingRunShape, status=201, key="optional", refuses=(409,))
def add(body: NewBillingRun) -> Response:
    """Bill a class; nobody gets the same fee of a term twice."""
    billed = bill(
        fee_structure_ids=[body.fee_structure_id],
        student_ids=None if body.student_ids is None else set(body.student_ids),
        request_key=idempotency_key(required=False),
        request_hash=hash_of(body),
    )
    run = billed.runs[0]
    return created(BillingRunShape.of(_run(run.id)), url_for(".show", billing_run_id=run.id), replayed=billed.replayed)


@bp.post("/<int:billing_run_id>/take-back")
@requires("fees.edit")
@takes(gives=BillingRunShape, refuses=(409,))
def take_back(billing_run_id: int) -> Response:
    """Take all fees of a run back while nobody has paid."""
    take_back_billing(billing_run_id)
    return answer(BillingRunShape.of(_run(billing_run_id)))


def _run(billing_run_id: int) -> BillingRunRow:
    found = billing_run_row(billing_run_id)
    if found is None:
        raise Missing("This billing run does not exist.", param="billing_run_id")
    return found
