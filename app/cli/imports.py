"""`flask import`: taking over what a school has in files."""

import sys
from pathlib import Path

import click
from flask.cli import AppGroup

from app.cli import OfficeGroup
from app.domain.csvfile import TOO_LARGE, FileTooLarge
from app.services.announcements import money_text
from app.services.payment_import import PaymentReport, import_payments
from app.services.student_import import ImportReport, import_students

group: AppGroup = OfficeGroup("import", help="Take over data from files.")


@group.command()
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--dry-run", is_flag=True, help="Only say what the file would change.")
@click.option("--create-classes", is_flag=True, help="Add classes that do not exist.")
def students(file: Path, dry_run: bool, create_classes: bool) -> None:
    """Add the students of a CSV file: all of them, or none and exit status 1."""
    report = import_students(data=read(file), dry_run=dry_run, create_classes=create_classes)
    for line in _lines(report):
        click.echo(line)
    if report.problems:
        sys.exit(1)


@group.command()
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--dry-run", is_flag=True, help="Only say what the file would change.")
@click.option("--allow-credit", is_flag=True, help="Keep what is more than owed as the student's credit.")
@click.option("--allow-used-references", is_flag=True, help="Take references that another receipt carries.")
def payments(file: Path, dry_run: bool, allow_credit: bool, allow_used_references: bool) -> None:
    """Record the payments of a CSV file: all of them, or none and exit status 1."""
    report = import_payments(
        data=read(file), dry_run=dry_run, allow_credit=allow_credit, allow_used_references=allow_used_references
    )
    for line in _payment_lines(report):
        click.echo(line)
    if report.problems:
        sys.exit(1)


def read(file: Path) -> bytes:
    """The bytes of a file. Raises FileTooLarge without reading it."""
    if file.stat().st_size >= TOO_LARGE:
        raise FileTooLarge()
    return file.read_bytes()


def _payment_lines(report: PaymentReport) -> list[str]:
    lines = [f"{report.rows} rows, {report.encoding}, columns: {', '.join(report.columns)}"]
    if report.ignored_columns:
        lines.append(f"not read: {', '.join(report.ignored_columns)}")
    lines += [f"row {problem.row}: {problem.column}: {problem.message}" for problem in report.problems]
    lines += [f"row {row.row}: skipped: {row.message}" for row in report.skipped]
    if report.problems:
        lines.append(f"Nothing was imported: {len(report.problems)} problems.")
        return lines
    verb = "would be recorded" if report.dry_run else "recorded"
    kept = f", {money_text(report.credit)} of it as credit" if report.credit else ""
    lines.append(f"{report.added} payments {verb}, {money_text(report.total)}{kept}; {len(report.skipped)} skipped.")
    return lines


def _lines(report: ImportReport) -> list[str]:
    lines = [f"{report.rows} rows, {report.encoding}, columns: {', '.join(report.columns)}"]
    if report.ignored_columns:
        lines.append(f"not read: {', '.join(report.ignored_columns)}")
    lines += [f"row {problem.row}: {problem.column}: {problem.message}" for problem in report.problems]
    lines += [f"row {row.row}: skipped: {row.message}" for row in report.skipped]
    if report.problems:
        lines.append(f"Nothing was imported: {len(report.problems)} problems.")
        return lines
    if report.new_classes:
        lines.append(f"new classes: {', '.join(report.new_classes)}")
    verb = "would be added" if report.dry_run else "added"
    lines.append(f"{report.added} students and {report.new_guardians} guardians {verb}, {len(report.skipped)} skipped.")
    return lines
