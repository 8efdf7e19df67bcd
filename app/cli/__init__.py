"""Commands of `flask --app app`: the `group` of the module that has the command's name, loaded when it is called."""

import importlib
import pkgutil
import sys
from typing import Any

import click
from flask import Flask
from flask.cli import AppGroup, ScriptInfo

from app import green, progress, schema
from app.database import Actor, acting_as
from app.errors import SchoolError


class OfficeGroup(AppGroup):
    """Commands that write in the name of the command line, and tell a refusal in one sentence."""

    def invoke(self, ctx: click.Context) -> Any:
        # A command has no sockets to keep going, so that nothing needs to run beside it.
        green.use("threading")
        try:
            with acting_as(Actor(username="command line")), progress.on_terminal(sys.stderr):
                return super().invoke(ctx)
        except SchoolError as refusal:
            raise click.ClickException(refusal.message) from refusal


class Commands(AppGroup):
    """All commands by name; a web process, which runs none, loads none."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return sorted({*super().list_commands(ctx), *_modules(), "db"})

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name == "db":
            # Brings its commands along into this group.
            schema.bind(ctx.ensure_object(ScriptInfo).load_app())
        module = _modules().get(cmd_name)
        if module is None:
            return super().get_command(ctx, cmd_name)
        command: click.Command = importlib.import_module(f"{__name__}.{module}").group
        return command


def _modules() -> dict[str, str]:
    # A module cannot be called `import`.
    return {
        name.replace("imports", "import"): name for name in (found.name for found in pkgutil.iter_modules(__path__))
    }


def init_app(app: Flask) -> None:
    app.cli = Commands(app.name, commands=app.cli.commands)
