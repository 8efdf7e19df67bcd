"""Every test has an application of its own; what is made of the same files is the same every time, and made once."""

import os
from typing import Any

from flask import Flask
from jinja2 import BytecodeCache
from jinja2.bccache import Bucket
from werkzeug.routing import Rule
from whitenoise import WhiteNoise

from app.web import assets


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
    compiled: dict[tuple[object, ...], Any] = {}
    compile_builder = Rule._compile_builder

    def remembered(rule: Rule, append_unknown: bool = True) -> Any:
        key = (rule.rule, rule.host, rule.subdomain, str(rule.defaults), append_unknown)
        if key not in compiled:
            compiled[key] = compile_builder(rule, append_unknown)
        return compiled[key]

    Rule._compile_builder = remembered  # type: ignore[method-assign,assignment]


def _remember_files() -> None:
    read: dict[tuple[object, ...], Any] = {}
    get_static_file = WhiteNoise.get_static_file
    tree_hash = assets._tree_hash

    def remembered_file(noise: WhiteNoise, path: str, url: str, stat_cache: Any = None) -> Any:
        if stat_cache is None:
            return get_static_file(noise, path, url)
        key = (path, url, stat_cache[path].st_mtime_ns, noise.max_age, noise.allow_all_origins)
        if key not in read:
            read[key] = get_static_file(noise, path, url, stat_cache)
        return read[key]

    def remembered_hash(static: Any) -> str:
        files = [static / folder for folder in assets.OURS]
        key = (static, *((path, os.stat(path).st_mtime_ns) for folder in files for path in _tree(folder)))
        if key not in read:
            read[key] = tree_hash(static)
        return str(read[key])

    WhiteNoise.get_static_file = remembered_file  # type: ignore[method-assign]
    assets._tree_hash = remembered_hash


def _tree(folder: Any) -> list[str]:
    return [entry.path for root, _, _ in os.walk(folder) for entry in os.scandir(root)]
