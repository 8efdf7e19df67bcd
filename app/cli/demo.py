"""`flask demo`: a believable school, in a database of its own."""

import logging
import os
from pathlib import Path

import click
from flask import current_app
from flask.cli import AppGroup

from app.cli import OfficeGroup
from app.config import Settings
from app.demo.load import Loaded, load_demo
from app.demo.pay import live
from app.progress import long_work
from app.words import say

group: AppGroup = OfficeGroup("demo", help="A demo school for trying the program out.")


@group.command()
@click.option("--students", default=400, show_default=True, type=click.IntRange(1, 100_000))
@click.option("--years", default=3, show_default=True, type=click.IntRange(1, 10))
def load(students: int, years: int) -> None:
    """Make the demo school in an empty database, print its logins and keep them in logins.txt."""
    with long_work(say("Making the demo school")):
        made = load_demo(students=students, years=years)
    text = _logins(made, current_app.config["SCHOOLPULSE"])
    kept = Path(current_app.instance_path) / "logins.txt"
    kept.parent.mkdir(parents=True, exist_ok=True)
    with open(os.open(kept, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w", encoding="utf-8") as file:
        file.write(text)
    click.echo(f"{made.students} students, {made.fees} fees, {made.payments} payments, {made.marks} register marks.\n")
    click.echo(text, nl=False)


@group.command()
@click.option("--rate", default=0.3, show_default=True, type=click.FloatRange(0.001, 1000), help="Payments a second.")
@click.option("--seconds", default=None, type=click.FloatRange(0), help="When to stop; without it, never.")
def pay(rate: float, seconds: float | None) -> None:
    """Let payments arrive, and now and then an expense or a mark in the register."""
    logging.basicConfig(level=logging.WARNING)
    click.echo(f"{live(rate=rate, seconds=seconds)} payments.")


def _logins(made: Loaded, settings: Settings) -> str:
    address = f"{'https' if settings.uses_tls else 'http'}://{settings.host}:{settings.port}"
    lines = ["Logins of the demo school:"]
    lines += [f"  {login.username:12} {login.password}" for login in made.logins]
    lines.append(f"Wall display, pairs one screen:  {address}/wall/pair/{made.pairing_code}")
    return "\n".join(lines) + "\n"
