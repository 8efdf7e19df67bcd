"""Which request a key stands for: the same key with another request is refused."""

import hashlib
import json
from collections.abc import Mapping

from flask import request

from app.web.identity import identity


def request_hash(content: Mapping[str, object]) -> str:
    """A fingerprint of who asked for what, where. `content` holds JSON values, and dates."""
    who = identity()
    whole = [who and who.kind, who and who.key, request.method, request.path, dict(content)]
    return hashlib.sha256(json.dumps(whole, sort_keys=True, default=str).encode()).hexdigest()
