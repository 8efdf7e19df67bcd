"""What a fee is called at each stage of its life."""

from app.words import say

STATUSES = ("unpaid", "partial", "paid", "cancelled")
STATUS_NAMES = {
    "unpaid": say("Unpaid"),
    "partial": say("Partly paid"),
    "paid": say("Paid"),
    "cancelled": say("Cancelled"),
}
MONTHS = (
    say("January"),
    say("February"),
    say("March"),
    say("April"),
    say("May"),
    say("June"),
    say("July"),
    say("August"),
    say("September"),
    say("October"),
    say("November"),
    say("December"),
)


def fee_status(*, arrears: int, amount_paid: int, cancelled: bool) -> str:
    """`cancelled`, `paid` (nothing is owed any more), `partial` or `unpaid`."""
    if cancelled:
        return "cancelled"
    if arrears == 0:
        return "paid"
    return "partial" if amount_paid else "unpaid"


def period_name(year: int | None, month: int | None) -> str:
    """The month or year that a fee is for: `January 2026`, `2026`, or nothing."""
    if year is None:
        return MONTHS[month - 1] if month else ""
    return say("{month} {year}", month=MONTHS[month - 1], year=year) if month else str(year)
