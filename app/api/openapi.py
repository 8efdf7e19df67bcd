"""The API described: made from the routes and from what each view says it takes and gives."""

import re
from collections.abc import Iterator, Mapping
from typing import Any, Literal, cast

from flask import Blueprint, Flask, Response, current_app, jsonify
from pydantic import BaseModel
from pydantic.json_schema import models_json_schema
from werkzeug.routing import Rule

from app.api.core import DOCUMENTED, Documented
from app.web.access import PUBLIC, permission_of, public

bp = Blueprint("openapi", __name__)
_PREFIX = "/api/v1"
_REF = "#/components/schemas/{model}"
_ARGUMENT = re.compile("<([a-z]+:)?([a-z_]+)>")
_METHODS = ("GET", "POST", "PUT", "PATCH", "DELETE")
_REFUSALS: Mapping[int, str] = {
    304: "Nothing has changed.",
    400: "The request was not understood.",
    401: "Nobody is signed in.",
    403: "The role does not allow this.",
    404: "The row does not exist.",
    409: "Somebody else was first, or the row stands in a state that does not allow this.",
    413: "The body is too large.",
    415: "The body is not JSON.",
    422: "A field is not acceptable; `param` names it.",
    428: "The version that was changed must be named in If-Match.",
    429: "Too many requests.",
    503: "The database or its disk does not serve just now; send the same again after Retry-After seconds.",
    507: "The disk is full; nothing was saved.",
}
_ERROR = {
    "type": "object",
    "required": ["error"],
    "properties": {
        "error": {
            "type": "object",
            "required": ["type", "code", "message", "param", "request_id"],
            "properties": {
                "type": {"type": "string"},
                "code": {"type": "string", "description": "stable, for programs"},
                "message": {"type": "string", "description": "one sentence, for people"},
                "param": {"type": ["string", "null"], "description": "the field at fault"},
                "request_id": {"type": ["string", "null"]},
            },
        }
    },
}


@bp.get("/openapi.json")
@public
def show() -> Response:
    """This document."""
    return jsonify(document(current_app))


def document(app: Flask) -> dict[str, Any]:
    """The OpenAPI 3.1 description of everything below /api/v1."""
    routes = sorted(_routes(app), key=lambda route: (route[0].rule, _METHODS.index(route[1])))
    names, schemas = _schemas([about for *_, about in routes])
    paths: dict[str, dict[str, Any]] = {}
    for rule, method, view, about in routes:
        paths.setdefault(_path(rule), {})[method.lower()] = _operation(rule, method, view, about, names)
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "SchoolPulse",
            "version": "1",
            "description": "Amounts are whole numbers of minor units of the school's currency; dates are YYYY-MM-DD.",
        },
        "paths": paths,
        "components": {
            "schemas": {**schemas, "Error": _ERROR},
            "securitySchemes": {
                "token": {"type": "http", "scheme": "bearer"},
                "session": {"type": "apiKey", "in": "cookie", "name": app.config["SESSION_COOKIE_NAME"]},
            },
        },
    }


def _routes(app: Flask) -> Iterator[tuple[Rule, str, Any, Documented]]:
    for rule in app.url_map.iter_rules():
        if rule.rule.startswith(f"{_PREFIX}/"):
            view = app.view_functions[rule.endpoint]
            about = getattr(view, DOCUMENTED, Documented())
            yield from ((rule, method, view, about) for method in _METHODS if method in (rule.methods or ()))


Mode = Literal["validation", "serialization"]
Named = dict[tuple[type[BaseModel], Mode], Any]


def _schemas(found: list[Documented]) -> tuple[Named, dict[str, Any]]:
    """How to refer to each model, and the models themselves."""
    wanted: dict[tuple[type[BaseModel], Mode], None] = {}
    for about in found:
        if about.body is not None:
            wanted[(about.body, "validation")] = None
        if about.gives is not None:
            wanted[(about.gives, "serialization")] = None
    references, definitions = models_json_schema(list(wanted), ref_template=_REF)
    return cast(Named, references), dict(definitions.get("$defs", {}))


def _path(rule: Rule) -> str:
    return _ARGUMENT.sub(r"{\2}", rule.rule)


def _operation(rule: Rule, method: str, view: Any, about: Documented, names: Named) -> dict[str, Any]:
    permission = permission_of(view)
    operation: dict[str, Any] = {
        "operationId": f"{rule.endpoint.removeprefix('api.')}",
        "summary": ((view.__doc__ or "").strip().splitlines() or [""])[0],
        "tags": [rule.rule.removeprefix(f"{_PREFIX}/").split("/")[0]],
        "security": [] if permission == PUBLIC else [{"token": []}, {"session": []}],
        "responses": {**_success(about, names), **_refusals(rule, method, about, permission)},
    }
    if permission != PUBLIC:
        operation["x-permission"] = permission
    if parameters := [*_in_path(rule), *_in_query(about), *_in_headers(about)]:
        operation["parameters"] = parameters
    if about.body is not None:
        operation["requestBody"] = {"required": True, "content": _json(names[(about.body, "validation")])}
    return operation


def _success(about: Documented, names: Named) -> dict[str, Any]:
    answer: dict[str, Any] = {"description": "Done."}
    if about.gives is not None:
        shape = names[(about.gives, "serialization")]
        answer["content"] = _json(_page_of(shape) if about.a_list else shape)
    return {str(about.status): answer}


def _page_of(shape: Any) -> dict[str, Any]:
    return {
        "type": "object",
        "required": ["items", "next"],
        "properties": {
            "items": {"type": "array", "items": shape},
            "next": {"type": ["string", "null"], "description": "cursor of the next page"},
        },
    }


def _refusals(rule: Rule, method: str, about: Documented, permission: str | None) -> dict[str, Any]:
    wanted = {*about.refuses, 503}
    if permission != PUBLIC:
        wanted |= {401, 403}
    if rule.arguments:
        wanted |= {404}
    if about.query is not None or about.key or about.version:
        wanted |= {400, 422}
    if about.body is not None:
        wanted |= {400, 413, 415, 422}
    if about.version:
        wanted |= {409, 428}
    if method != "GET":
        wanted |= {507}
    error = _json({"$ref": _REF.format(model="Error")})
    return {
        str(status): {"description": _REFUSALS[status], **({"content": error} if status >= 400 else {})}
        for status in sorted(wanted)
    }


def _in_path(rule: Rule) -> Iterator[dict[str, Any]]:
    for kind, name in _ARGUMENT.findall(rule.rule):
        schema = {"type": "integer", "minimum": 0, "maximum": 10**18 - 1} if kind == "int:" else {"type": "string"}
        yield {"name": name, "in": "path", "required": True, "schema": schema}


def _in_query(about: Documented) -> Iterator[dict[str, Any]]:
    if about.query is None:
        return
    schema = about.query.model_json_schema()
    for name, found in schema.get("properties", {}).items():
        yield {"name": name, "in": "query", "required": name in schema.get("required", ()), "schema": _present(found)}


def _present(schema: Mapping[str, Any]) -> dict[str, Any]:
    """The schema of an argument that is there: what may be left out of an address is never null in it."""
    kept = {key: value for key, value in schema.items() if key not in ("title", "default", "anyOf")}
    options = [option for option in schema.get("anyOf", ()) if option.get("type") != "null"]
    return {**kept, **options[0]} if len(options) == 1 else {**kept, **({"anyOf": options} if options else {})}


def _in_headers(about: Documented) -> Iterator[dict[str, Any]]:
    if about.key:
        yield {
            "name": "Idempotency-Key",
            "in": "header",
            "required": about.key == "required",
            "description": "The same key with the same body gives the first answer again.",
            "schema": {"type": "string", "minLength": 1, "maxLength": 255, "pattern": "^[!-~]+$"},
        }
    if about.version:
        yield {
            "name": "If-Match",
            "in": "header",
            "required": True,
            "description": 'The version that was changed, such as "3".',
            "schema": {"type": "string", "pattern": '^(W/)?"?[0-9]{1,18}"?$'},
        }


def _json(schema: Any) -> dict[str, Any]:
    return {"application/json": {"schema": schema}}
