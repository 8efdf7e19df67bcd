"""The pages: parse, call one service or query, render. One blueprint a noun, found by its name `bp`."""

import importlib
import pkgutil

from flask import Blueprint, Flask
from werkzeug.routing import IntegerConverter


class RowId(IntegerConverter):
    """`<int:...>` in an address: plain digits, few enough for the id of a row; any other address does not exist."""

    regex = "[0-9]{1,18}"


def blueprints(package: str, path: list[str]) -> list[Blueprint]:
    """The blueprint `bp` of every module of a package that has one."""
    names = sorted(module.name for module in pkgutil.iter_modules(path))
    modules = [importlib.import_module(f"{package}.{name}") for name in names]
    return [module.bp for module in modules if hasattr(module, "bp")]


def init_app(app: Flask) -> None:
    app.url_map.converters["int"] = RowId
    for bp in blueprints(__name__, list(__path__)):
        app.register_blueprint(bp)
