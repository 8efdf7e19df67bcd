"""Commands of `flask --app app`: every module's `group` is registered."""

import importlib
import pkgutil

from flask import Flask


def init_app(app: Flask) -> None:
    for module in sorted(pkgutil.iter_modules(__path__), key=lambda found: found.name):
        app.cli.add_command(importlib.import_module(f"{__name__}.{module.name}").group)
