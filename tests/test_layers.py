"""Imports point one way, and each thing that can hurt is done in one place only."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent

SHARED = {"errors", "extensions", "words"}
OFFICE = SHARED | {"clock", "database", "green", "progress"}
MAY_IMPORT = {
    "words": set(),
    "errors": {"words"},
    "domain": {"errors", "words"},
    "extensions": set(),
    "models": SHARED | {"domain"},
    "database": SHARED | {"models"},
    "clock": {"queries"},
    "progress": {"database", "errors", "green", "words"},
    "queries": SHARED | {"clock", "domain", "models"},
    "statistics": SHARED | {"database", "domain", "models"},
    "services": OFFICE | {"domain", "models", "queries", "statistics", "transfer"},
    "realtime": OFFICE | {"config", "domain", "models", "queries", "statistics"},
    "web": OFFICE | {"config", "domain", "models", "queries", "realtime", "services"},
    "api": OFFICE | {"config", "domain", "models", "queries", "realtime", "services", "web"},
    "schema": SHARED | {"config", "statistics"},
    "demo": OFFICE | {"domain", "models", "queries", "services"},
    "transfer": OFFICE | {"models", "queries", "schema", "statistics"},
    "jobs": OFFICE | {"config", "domain", "models", "queries", "schema", "services", "statistics"},
    "cli": OFFICE
    | {"api", "config", "demo", "domain", "jobs", "models", "queries", "schema", "services", "statistics", "transfer"},
    "config": set(),
    "green": set(),
}
"""Which parts of the program each part may import; those that put the program together may import everything."""
TOGETHER = {"app", "serve"}

WRITERS = {"services", "demo"}
WRITES_BY_NATURE = WRITERS | {"database", "statistics", "transfer"}
WRITING_CALLS = {"add", "add_all", "delete", "merge", "commit", "flush", "bulk_save_objects", "bulk_insert_mappings"}
WRITING_SQL = ("INSERT ", "UPDATE ", "DELETE ", "REPLACE ")


def part_of(module: str) -> str:
    """`app.web.payments` -> `web`; `app` and what stands beside it are themselves."""
    names = module.split(".")
    return names[1] if names[0] == "app" and len(names) > 1 else names[0]


def imported(tree: ast.Module) -> Iterator[tuple[int, str, str]]:
    """Every import of a module: its line, the module, and the name taken from it (or nothing)."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from ((node.lineno, alias.name, "") for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            yield from ((node.lineno, node.module or "", alias.name) for alias in node.names)


def dotted(node: ast.AST) -> str:
    """`db.session.add` of such an expression; calls in between are left out."""
    if isinstance(node, ast.Call):
        return dotted(node.func)
    if isinstance(node, ast.Attribute):
        return f"{dotted(node.value)}.{node.attr}"
    return node.id if isinstance(node, ast.Name) else ""


def violations(root: Path) -> list[str]:
    """What breaks a rule below `root`, as `path:line: sentence`."""
    files = [*sorted((root / "app").rglob("*.py")), *(root / name for name in ("wsgi.py", "sync_worker.py"))]
    found = []
    for file in files:
        if file.exists():
            name = file.relative_to(root)
            part = part_of(".".join(name.with_suffix("").parts).removesuffix(".__init__"))
            tree = ast.parse(file.read_text(encoding="utf-8"))
            for line, sentence in (*_imports(part, tree), *_requests(name, part, tree), *_calls(part, tree)):
                found.append(f"{name}:{line}: {sentence}")
    return found


def _imports(part: str, tree: ast.Module) -> Iterator[tuple[int, str]]:
    for line, module, name in imported(tree):
        # `from app import database` and `from app.database import atomic` are both an import of `database`.
        full = f"{module}.{name}" if module == "app" and name else module
        other = part_of(full)
        if full.split(".")[0] == "app" and other not in (part, "app") and part in MAY_IMPORT:
            if other not in MAY_IMPORT[part]:
                yield line, f"{part} imports {other}"
        elif full == "app" and part in MAY_IMPORT:
            yield line, f"{part} imports the whole program"
        if part == "domain" and module.split(".")[0] in ("flask", "sqlalchemy", "time"):
            yield line, "domain knows no Flask, database or clock"
        if module.split(".")[0] == "eventlet" and part not in ("green", "wsgi"):
            yield line, "only green.py and wsgi.py know eventlet"
        if (module, name) in {("os", "environ"), ("os", "getenv")} and part not in ("config", "wsgi"):
            yield line, "only config.py reads the environment"
        if module.startswith("sqlalchemy") and name in ("insert", "update", "delete") and part not in WRITES_BY_NATURE:
            yield line, "only services write"
        if (module, name) == ("app.database", "atomic") and part not in WRITERS:
            yield line, "only services write"


def _requests(file: Path, part: str, tree: ast.Module) -> Iterator[tuple[int, str]]:
    if part in ("web", "api"):
        return
    sentence = "only web and api know the request"
    # Flask-SocketIO tells a handler whose socket it is by `request.sid`, and in no other way.
    handlers = file.as_posix() == "app/realtime/handlers.py"
    for line, module, name in imported(tree):
        if (module, name) in {("flask", "request"), ("flask.globals", "request")} and not handlers:
            yield line, sentence
    for node in ast.walk(tree):
        if isinstance(node, ast.Attribute):
            owner = dotted(node.value)
            if dotted(node) == "flask.request" or (handlers and owner == "request" and node.attr != "sid"):
                yield node.lineno, sentence


def _calls(part: str, tree: ast.Module) -> Iterator[tuple[int, str]]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Attribute):
            name = dotted(node)
            if part == "domain" and name in ("date.today", "datetime.now", "datetime.utcnow"):
                yield node.lineno, "domain knows no Flask, database or clock"
            if name in ("os.environ", "os.getenv") and part not in ("config", "wsgi"):
                yield node.lineno, "only config.py reads the environment"
        if not isinstance(node, ast.Call) or not isinstance(node.func, ast.Attribute):
            continue
        owner, _, call = dotted(node.func).rpartition(".")
        if call == "emit" and part != "realtime":
            yield node.lineno, "only realtime emits"
        if call == "send" and owner.endswith("socketio") and part != "realtime":
            yield node.lineno, "only realtime emits"
        if part in WRITES_BY_NATURE:
            continue
        if call in WRITING_CALLS and owner.endswith("session"):
            yield node.lineno, "only services write"
        if call == "atomic" and owner.endswith("database"):
            yield node.lineno, "only services write"
        for text in ast.walk(node):
            if isinstance(text, ast.Constant) and isinstance(text.value, str) and call.startswith("exec"):
                if text.value.lstrip().upper().startswith(WRITING_SQL):
                    yield node.lineno, "only services write"


def test_the_program_keeps_its_layers():
    assert violations(ROOT) == []


def test_every_part_of_the_program_has_its_line():
    parts = {file.stem if file.is_file() else file.name for file in (ROOT / "app").iterdir() if is_code(file)}
    assert parts - TOGETHER - {"__init__"} <= set(MAY_IMPORT)


def is_code(file: Path) -> bool:
    return file.suffix == ".py" or (file / "__init__.py").exists()


PLANTED = [
    ("app/domain/money.py", "from app.models import Fee", "domain imports models"),
    ("app/domain/money.py", "from app import clock", "domain imports clock"),
    (
        "app/domain/dates.py",
        "from datetime import date\nday = date.today()",
        "domain knows no Flask, database or clock",
    ),
    ("app/domain/dates.py", "from sqlalchemy import text", "domain knows no Flask, database or clock"),
    ("app/services/fees.py", "import app", "services imports the whole program"),
    ("app/models/fees.py", "import app.queries.fees", "models imports queries"),
    ("app/queries/fees.py", "from app.services.fees import add_fee", "queries imports services"),
    ("app/statistics/spec.py", "from app.services import fees", "statistics imports services"),
    ("app/services/fees.py", "from app.web import access", "services imports web"),
    ("app/services/fees.py", "from app.realtime.manager import RealTimeSyncManager", "services imports realtime"),
    ("app/realtime/manager.py", "from app.services.fees import add_fee", "realtime imports services"),
    ("app/jobs/seal.py", "from app.web.fees import bp", "jobs imports web"),
    ("app/web/fees.py", "from app.jobs import seal", "web imports jobs"),
    ("app/services/fees.py", "from app import create_app", "services imports"),
    ("app/services/fees.py", "from flask import request", "only web and api know the request"),
    ("app/queries/fees.py", "import flask\nname = flask.request.args['name']", "only web and api know the request"),
    ("app/realtime/handlers.py", "from flask import request\nrequest.args", "only web and api know the request"),
    ("app/realtime/manager.py", "from flask import request\nrequest.sid", "only web and api know the request"),
    ("app/web/fees.py", "from app.database import atomic", "only services write"),
    ("app/api/fees.py", "from app import database\nwith database.atomic():\n    pass", "only services write"),
    ("app/web/fees.py", "from app.extensions import db\ndb.session.add(1)", "only services write"),
    ("app/queries/fees.py", "def save(session):\n    session().commit()", "only services write"),
    ("app/jobs/seal.py", "from sqlalchemy import select, update", "only services write"),
    ("app/realtime/manager.py", "def f(c, text):\n    c.execute(text('delete from fees'))", "only services write"),
    ("app/queries/fees.py", "def f(c):\n    c.exec_driver_sql('UPDATE fees SET id = 1')", "only services write"),
    ("app/services/fees.py", "from app.extensions import socketio\nsocketio.emit('x')", "only realtime emits"),
    ("app/web/fees.py", "from flask_socketio import send\nsocketio.send('x')", "only realtime emits"),
    ("app/services/fees.py", "import os\nhome = os.environ['HOME']", "only config.py reads the environment"),
    ("app/web/fees.py", "from os import getenv", "only config.py reads the environment"),
    ("app/realtime/manager.py", "def f():\n    from eventlet import tpool", "only green.py and wsgi.py know eventlet"),
    ("sync_worker.py", "import eventlet", "only green.py and wsgi.py know eventlet"),
]


@pytest.mark.parametrize(("path", "code", "sentence"), PLANTED)
def test_a_planted_violation_is_found(tmp_path, path, code, sentence):
    file = tmp_path / path
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text("import re\n" + code + "\n")
    found = violations(tmp_path)
    assert len(found) >= 1
    assert all(line.startswith(f"{path}:") for line in found)
    assert any(sentence in line for line in found)


@pytest.mark.parametrize(
    ("path", "code"),
    [
        ("app/services/fees.py", "from app.database import atomic\nfrom sqlalchemy import update"),
        ("app/web/fees.py", "from flask import request\nseen = set()\nseen.add(request.args)"),
        ("app/realtime/manager.py", "from app.extensions import socketio\nsocketio.emit('x')"),
        ("app/realtime/handlers.py", "from flask import request\nrequest.sid"),
        ("app/config.py", "import os\nhome = os.environ['HOME']"),
        ("app/green.py", "import eventlet"),
        ("wsgi.py", "import os, eventlet\nmode = os.environ.get('ASYNC_MODE')"),
    ],
)
def test_what_belongs_there_is_not_a_violation(tmp_path, path, code):
    file = tmp_path / path
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(code + "\n")
    assert violations(tmp_path) == []
