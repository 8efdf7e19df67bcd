"""What every noun of the API shares: reading a request strictly, answering in one form, keys and versions.

A view says what it takes and gives, once; that both reads the request and writes its page of the OpenAPI document:

    @bp.post("/fees")
    @requires("fees.edit")
    @takes(body=NewFee, gives=FeeWritten, status=201, key="optional")
    def add(body: NewFee) -> ResponseReturnValue:
        \"\"\"Charge a fee to a student.\"\"\"
"""

import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import wraps
from typing import Any, NoReturn, TypeVar

from flask import Response, jsonify, request
from flask.typing import ResponseReturnValue
from pydantic import ValidationError
from sqlalchemy import Select

from app.api.fields import Arguments, Body, ListArguments, Shape, refusal
from app.errors import SchoolError
from app.queries.paging import Page, fetch_page
from app.web.fingerprint import request_hash

View = TypeVar("View", bound=Callable[..., ResponseReturnValue])
_KEY = re.compile(r"[\x21-\x7e]{1,255}")
_VERSION = re.compile(r'(?:W/)?(?:"(?P<quoted>[0-9]{1,18})(?::[a-z]+)?"|(?P<bare>[0-9]{1,18}))')
DOCUMENTED = "_api"


class BadRequest(SchoolError):
    """The request itself is not what HTTP or JSON ask for."""

    code = "bad_request"
    status = 400


class NotJson(SchoolError):
    """The body is of another kind than JSON."""

    code = "not_json"
    status = 415


class VersionRequired(SchoolError):
    """A change of a row must name the version it was made from."""

    code = "if_match_required"
    status = 428


@dataclass(frozen=True)
class Documented:
    """What a view takes and gives, for the OpenAPI document."""

    body: type[Body] | None = None
    query: type[Arguments] | None = None
    gives: type[Shape] | None = None
    status: int = 200
    a_list: bool = False
    key: str = ""
    version: bool = False
    refuses: tuple[int, ...] = ()


def takes(
    *,
    body: type[Body] | None = None,
    query: type[Arguments] | None = None,
    gives: type[Shape] | None = None,
    status: int = 200,
    a_list: bool = False,
    key: str = "",
    version: bool = False,
    refuses: tuple[int, ...] = (),
) -> Callable[[View], View]:
    """Read the request into `body=` and `query=` of the view, and remember the rest for the OpenAPI document.

    `key` is "required" or "optional" where an Idempotency-Key is read, `version` where an If-Match is.
    """
    about = Documented(body, query, gives, status, a_list, key, version, refuses)

    def mark(view: View) -> View:
        @wraps(view)
        def reading(*args: Any, **values: Any) -> ResponseReturnValue:
            if query is not None:
                values["query"] = arguments(query)
            if body is not None:
                values["body"] = read_body(body)
            return view(*args, **values)

        setattr(reading, DOCUMENTED, about)
        return reading  # type: ignore[return-value]

    return mark


B = TypeVar("B", bound=Body)
A = TypeVar("A", bound=Arguments)


def read_body(model: type[B]) -> B:
    """The JSON object of the request. Raises NotJson, BadRequest, and Invalid naming the first wrong field."""
    if not request.is_json:
        raise NotJson("The body must be JSON, with Content-Type: application/json.")
    try:
        content = json.loads(request.get_data(), parse_constant=_no_constant, object_pairs_hook=_each_once)
    except (ValueError, RecursionError):
        raise BadRequest("The body is not valid JSON.", code="bad_json") from None
    if not isinstance(content, dict):
        raise BadRequest("The body must be a JSON object.", code="bad_json")
    try:
        return model.model_validate(content)
    except ValidationError as error:
        raise refusal(error) from None


def arguments(model: type[A]) -> A:
    """What stands behind the `?`. Raises Invalid naming the first wrong one."""
    for name, values in request.args.lists():
        if len(values) > 1:
            raise BadRequest(f"{name} is given more than once.", param=name)
    try:
        return model.model_validate({name: value for name, value in request.args.items() if value != ""})
    except ValidationError as error:
        raise refusal(error) from None


def _no_constant(name: str) -> NoReturn:
    raise ValueError(name)


def _each_once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        raise ValueError("a field is given twice")
    return found


def page(
    query: Select[*tuple[Any, ...]],
    shape: Callable[[Any], Mapping[str, Any]],
    *order: Any,
    given: ListArguments,
    newest_first: bool = False,
) -> Response:
    """One page of a query of entities as `{"items": [...], "next": cursor or null}`.

    `shape` turns one entity into JSON values; the columns of `order` are never null and the last one is unique.
    """
    found = fetch_page(query, *order, cursor=given.cursor, limit=given.limit, newest_first=newest_first, scalars=True)
    return listed(found.map(shape))


def listed(found: Page[Any]) -> Response:
    """A page of JSON values as an answer."""
    return jsonify({"items": list(found.items), "next": found.next})


def answer(content: Mapping[str, Any], status: int = 200, *, version: int | None = None) -> Response:
    """An object as an answer; `version` becomes its ETag."""
    response = jsonify(content)
    response.status_code = status
    if version is not None:
        response.headers["ETag"] = f'"{version}"'
    return response


def created(
    content: Mapping[str, Any], location: str, *, version: int | None = None, replayed: bool = False
) -> Response:
    """A new object: 201 and where it is. `replayed` says that an earlier request with the same key made it."""
    response = answer(content, 201, version=version)
    response.headers["Location"] = location
    if replayed:
        response.headers["Idempotent-Replayed"] = "true"
    return response


def no_content() -> ResponseReturnValue:
    """Done, and there is nothing to say."""
    return "", 204


def idempotency_key(*, required: bool) -> str | None:
    """The Idempotency-Key of the request: 1 to 255 visible ASCII characters. Raises BadRequest."""
    key = request.headers.get("Idempotency-Key")
    if key is None:
        if required:
            raise BadRequest(
                "An Idempotency-Key header is required, so that a repeated request takes the money once.",
                param="Idempotency-Key",
                code="idempotency_key_required",
            )
        return None
    if not _KEY.fullmatch(key):
        raise BadRequest(
            "The Idempotency-Key must be 1 to 255 visible ASCII characters.",
            param="Idempotency-Key",
            code="bad_idempotency_key",
        )
    return key


def hash_of(body: Body) -> str:
    """The fingerprint of this request, for the service that keeps it beside the key."""
    return request_hash(body.model_dump(mode="json", exclude_unset=True))


def if_match() -> int:
    """The version that the If-Match header names: `3`, `"3"` or `W/"3"`. Raises VersionRequired and BadRequest."""
    given = request.headers.get("If-Match")
    if given is None:
        raise VersionRequired(
            "An If-Match header with the version that was changed is required.",
            param="If-Match",
        )
    found = _VERSION.fullmatch(given.strip())
    if not found:
        raise BadRequest('If-Match must be one version such as "3".', param="If-Match", code="bad_if_match")
    return int(found["quoted"] or found["bare"])
