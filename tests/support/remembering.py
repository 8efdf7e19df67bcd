"""Every test has an application of its own; what is made of the same files is the same every time, and made once."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from flask import Flask
from jinja2 import BytecodeCache
from jinja2.bccache import Bucket
from werkzeug.routing import Rule
from whitenoise import WhiteNoise

from app.web import assets

_BUILDERS = ("_build", "_build_unknown")


def remember_what_is_the_same() -> None:
    """Compile each route and each template once, and read each file for the browser once."""
    _remember_routes()
    _remember_files()
    Flask.jinja_options = {**Flask.jinja_options, "bytecode_cache": _Templates()}


class _Templates(BytecodeCache):
    """Compiled templates, by their text."""

    def __init__(self) -> None:
        self._compiled: dict[tuple[str, str], Any] = {}

    def load_bytecode(self, bucket: Bucket) -> None:
        bucket.code = self._compiled.get((bucket.key, bucket.checksum))

    def dump_bytecode(self, bucket: Bucket) -> None:
        self._compiled[bucket.key, bucket.checksum] = bucket.code


def _remember_routes() -> None:
    """What compiling leaves in a rule, but the bound functions, which are each rule's own."""
    known: dict[tuple[object, ...], Mapping[str, Any]] = {}
    compile_rule = Rule.compile

    def remembered(rule: Rule) -> None:
        key = (rule.rule, rule.host, rule.subdomain, str(rule.defaults), rule.merge_slashes)
        if key in known:
            vars(rule).update(known[key])
            rule.arguments = set(rule.arguments)
        else:
            compile_rule(rule)
            known[key] = {name: vars(rule)[name] for name in ("_parts", "_trace", "_converters", "arguments")}
            known[key] |= {name: vars(rule)[name].__func__ for name in _BUILDERS}
        for name in _BUILDERS:
            setattr(rule, name, known[key][name].__get__(rule, None))

    Rule.compile = remembered  # type: ignore[method-assign]


def _remember_files() -> None:
    """The files of a run do not change; other folders are those of tests about files."""
    read: dict[tuple[str, str], Any] = {}
    hashes: dict[Path, str] = {}
    real = assets.STATIC
    add_files, tree_hash = WhiteNoise.add_files, assets._tree_hash

    def remembered_files(noise: WhiteNoise, root: str, prefix: str | None = None) -> None:
        key = (root, prefix or "")
        if not Path(root).is_relative_to(real):
            add_files(noise, root, prefix)
        elif key in read:
            noise.files.update(read[key])
        else:
            before = dict(noise.files)
            add_files(noise, root, prefix)
            read[key] = {url: file for url, file in noise.files.items() if url not in before}

    def remembered_hash(static: Path) -> str:
        if static != real:
            return tree_hash(static)
        if static not in hashes:
            hashes[static] = tree_hash(static)
        return hashes[static]

    WhiteNoise.add_files = remembered_files
    assets._tree_hash = remembered_hash
