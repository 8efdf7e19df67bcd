"""Printing a receipt: the first print is the original, every later one says COPY."""

from app.database import atomic
from app.errors import Missing
from app.queries.receipts import PRINTED, receipt_numbered
from app.services.activity import record_activity


def note_print(*, receipt_no: str) -> bool:
    """Write down that a receipt is printed now; return whether this is its first print. Raises Missing."""
    with atomic():
        receipt = receipt_numbered(receipt_no)
        if receipt is None:
            raise Missing("This receipt does not exist.", param="receipt_no")
        record_activity(PRINTED, f"receipt printed: {receipt_no}", table_name="payments", record_id=receipt.payment.id)
        return not receipt.was_printed
