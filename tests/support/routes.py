"""Every test has an application of its own; what Werkzeug compiles for each of its routes is the same every time."""

from typing import Any

from werkzeug.routing import Rule


def remember_compiled_routes() -> None:
    """Compile the routes of the first application only: that is most of what making one takes."""
    compiled: dict[tuple[object, ...], Any] = {}
    compile_builder = Rule._compile_builder

    def remembered(rule: Rule, append_unknown: bool = True) -> Any:
        key = (rule.rule, rule.host, rule.subdomain, str(rule.defaults), append_unknown)
        if key not in compiled:
            compiled[key] = compile_builder(rule, append_unknown)
        return compiled[key]

    Rule._compile_builder = remembered  # type: ignore[method-assign,assignment]
