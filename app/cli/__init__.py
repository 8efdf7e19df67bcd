"""Commands of `flask --app app`: every module's `group` is registered."""

import importlib
import pkgutil
from typing import Any

import click
from flask import Flask
from flask.cli import AppGroup

from app import green
from app.database import Actor, acting_as
from app.errors import SchoolError


class OfficeGroup(AppGroup):
    """Commands that write in the name of the command line, and tell a refusal in one sentence."""

    def invoke(self, ctx: click.Context) -> Any:
        # A command has no sockets to keep going, so that nothing needs to run beside it.
        green.use("threading")
        try:
            with acting_as(Actor(username="command line")):
                return super().invoke(ctx)
        except SchoolError as refusal:
            raise click.ClickException(refusal.message) from refusal


def init_app(app: Flask) -> None:
    for module in sorted(pkgutil.iter_modules(__path__), key=lambda found: found.name):
        app.cli.add_command(importlib.import_module(f"{__name__}.{module.name}").group)
