"""How money may come in, and what each way asks for."""

METHODS = ("cash", "momo", "bank", "cheque", "card")
METHOD_NAMES = {"cash": "Cash", "momo": "MoMo", "bank": "Bank", "cheque": "Cheque", "card": "Card"}
