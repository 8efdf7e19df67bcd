"""What a fee is called at each stage of its life."""

STATUSES = ("unpaid", "partial", "paid", "cancelled")
STATUS_NAMES = {"unpaid": "Unpaid", "partial": "Partly paid", "paid": "Paid", "cancelled": "Cancelled"}
MONTHS = (
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
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
    return f"{MONTHS[month - 1]} {year}" if month else str(year)
