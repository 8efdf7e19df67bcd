"""What a change says of a field that it leaves as it is, where None is a value of that field."""

from typing import Final


class Keep:
    """Stands for: leave this field as it is."""


KEEP: Final = Keep()
