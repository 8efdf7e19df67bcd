"""What the office promises about money, once more in plain Python: fees, receipts, the cash book and the alerts."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import date

THRESHOLD = 100_000


@dataclass
class Fee:
    student: int
    due: int
    due_on: date | None
    cancelled: bool = False


@dataclass(frozen=True)
class Share:
    fee: int
    amount: int
    on: date
    from_credit: bool = False


@dataclass
class Receipt:
    number: int
    student: int
    amount: int
    method: str
    on: date
    cashier: int | None
    replaces: int | None = None
    stands: bool = True
    shares: list[Share] = field(default_factory=list)

    @property
    def credit(self) -> int:
        return self.amount - sum(share.amount for share in self.shares) if self.stands else 0


@dataclass(frozen=True)
class Row:
    """One row of the cash book that a receipt made."""

    receipt: int
    on: date
    reference: str
    amount: int
    method: str
    is_reversal: bool = False


class Ledger:
    """The school's money as it should be; each method is one thing that the office does, already allowed."""

    def __init__(self, today: date, names: Sequence[str]) -> None:
        self.today = today
        self.names = list(names)
        self.withdrawn: set[int] = set()
        self.fees: dict[int, Fee] = {}
        self.billed = 0
        self.receipts: list[Receipt] = []
        self.book: list[Row] = []
        self.closed: set[tuple[date, str, int | None]] = set()
        self.alerts: list[tuple[str, int, bool]] = []

    # What can be asked

    def students(self) -> range:
        return range(1, len(self.names) + 1)

    def shares(self, fee: int) -> list[tuple[Receipt, int]]:
        """The receipts that stand and paid for a fee, the latest day first."""
        found = [
            (receipt, sum(share.amount for share in receipt.shares if share.fee == fee))
            for receipt in self.receipts
            if receipt.stands
        ]
        return sorted(
            [(receipt, part) for receipt, part in found if part],
            key=lambda pair: (pair[0].on, pair[0].number),
            reverse=True,
        )

    def paid(self, fee: int) -> int:
        return sum(part for _, part in self.shares(fee))

    def owed(self, fee: int) -> int:
        return 0 if self.fees[fee].cancelled else self.fees[fee].due - self.paid(fee)

    def open_fees(self, student: int) -> list[int]:
        """Fees that owe something, in the order in which money settles them."""
        found = [key for key, fee in self.fees.items() if fee.student == student and self.owed(key)]
        return sorted(found, key=lambda key: (self.fees[key].due_on or date.max, key))

    def arrears(self, student: int) -> int:
        return sum(self.owed(fee) for fee in self.open_fees(student))

    def credit(self, student: int) -> int:
        return sum(receipt.credit for receipt in self.receipts if receipt.student == student)

    def was_paid(self, fee: int) -> bool:
        return any(share.fee == fee for receipt in self.receipts for share in receipt.shares)

    def is_closed(self, on: date, method: str, cashier: int | None) -> bool:
        return bool({(on, method, None), (on, method, cashier)} & self.closed)

    # What the office does

    def bill(self, student: int, due: int, due_on: date | None) -> int:
        self.billed += 1
        self.fees[self.billed] = Fee(student, due, due_on)
        return self.billed

    def receive(
        self,
        student: int,
        amount: int,
        method: str,
        on: date,
        cashier: int | None,
        shares: Iterable[tuple[int, int]],
        replaces: int | None = None,
    ) -> Receipt:
        receipt = Receipt(len(self.receipts) + 1, student, amount, method, on, cashier, replaces)
        self.receipts.append(receipt)
        for fee, part in shares:
            receipt.shares.append(Share(fee, part, on))
            self._post(receipt, on, f"FEE-{fee}", part)
        if receipt.credit:
            self._post(receipt, on, f"CREDIT-{receipt.number}", receipt.credit)
        return receipt

    def oldest_first(self, student: int, amount: int) -> list[tuple[int, int]]:
        shares = []
        for fee in self.open_fees(student):
            part = min(amount, self.owed(fee))
            if part:
                shares.append((fee, part))
            amount -= part
        return shares

    def use_credit(self, fee: int) -> None:
        """A new bill takes the credit, the oldest first."""
        student = self.fees[fee].student
        of_student = [receipt for receipt in self.receipts if receipt.student == student]
        for receipt in sorted(of_student, key=lambda receipt: (receipt.on, receipt.number)):
            if part := min(receipt.credit, self.owed(fee)):
                self._move_credit(receipt, fee, part, self.today)

    def void(self, receipt: Receipt) -> None:
        receipt.stands = False
        standing = [row for row in self.book if row.receipt == receipt.number]
        for row in standing:
            if self.is_closed(row.on, row.method, receipt.cashier):
                reversal = replace(row, on=self.today, amount=-row.amount, is_reversal=True)
                self.book.append(reversal)
            else:
                self.book.remove(row)

    def lower(self, fee: int, to: int) -> None:
        """Take the latest money of a fee back until only `to` is paid."""
        for receipt, part in self.shares(fee):
            excess = min(self.paid(fee) - to, part)
            if excess > 0:
                self._take_back(receipt, fee, excess)

    def _take_back(self, receipt: Receipt, fee: int, excess: int) -> None:
        left: list[Share] = []
        amount = receipt.amount
        for share in reversed(receipt.shares):
            part = min(excess, share.amount) if share.fee == fee else 0
            excess -= part
            amount -= 0 if share.from_credit else part
            if share.amount - part:
                left.insert(0, replace(share, amount=share.amount - part))
        self.void(receipt)
        if not amount:
            return
        received = [(share.fee, share.amount) for share in left if not share.from_credit]
        on = self._open_day(receipt, receipt.on)
        again = self.receive(
            receipt.student, amount, receipt.method, on, receipt.cashier, received, replaces=receipt.number
        )
        for share in left:
            if share.from_credit:
                self._move_credit(again, share.fee, share.amount, max(on, self._open_day(receipt, share.on)))

    def _open_day(self, receipt: Receipt, on: date) -> date:
        return self.today if self.is_closed(on, receipt.method, receipt.cashier) else on

    def _move_credit(self, receipt: Receipt, fee: int, amount: int, on: date) -> None:
        receipt.shares.append(Share(fee, amount, on, from_credit=True))
        self._post(receipt, on, f"CREDIT-{receipt.number}", -amount)
        self._post(receipt, on, f"FEE-{fee}", amount)

    def _post(self, receipt: Receipt, on: date, reference: str, amount: int) -> None:
        self.book.append(Row(receipt.number, on, reference, amount, receipt.method))

    def settle_alerts(self) -> None:
        """After each thing that the office did: who owes more than the threshold has one standing alert."""
        for student in self.students():
            arrears = self.arrears(student)
            standing = [(text, who, True) for text, who, stands in self.alerts if stands and who == student]
            if arrears > THRESHOLD and not standing:
                text = f"{self.names[student - 1]} owes GHS {arrears // 100:,}.{arrears % 100:02}"
                self.alerts.append((f"{text}, more than the alert threshold.", student, True))
            elif arrears <= THRESHOLD:
                self.alerts = [(text, who, stands and who != student) for text, who, stands in self.alerts]
