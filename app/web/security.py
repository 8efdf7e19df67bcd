"""Headers of every response, static files and sockets included, and what is taken off every request."""

from collections.abc import Callable, Iterable, Sequence
from typing import Any
from urllib.parse import parse_qs

from flask import Flask, Response, request
from werkzeug.middleware.proxy_fix import ProxyFix

from app.config import Settings

StartResponse = Callable[..., Any]
WsgiApp = Callable[[dict[str, Any], StartResponse], Iterable[bytes]]

CSP = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; font-src 'self'; "
    "connect-src 'self'; manifest-src 'self'; worker-src 'self'; form-action 'self'; frame-ancestors 'none'; "
    "base-uri 'none'; object-src 'none'; require-trusted-types-for 'script'; trusted-types service-worker"
)
"""The one policy of trusted types gives the address of the service worker and no other (js/lib/kept-offline.js)."""

HEADERS = (
    ("Content-Security-Policy", CSP),
    ("X-Content-Type-Options", "nosniff"),
    ("Referrer-Policy", "same-origin"),
    ("Cross-Origin-Opener-Policy", "same-origin"),
    ("Cross-Origin-Resource-Policy", "same-origin"),
    ("Permissions-Policy", "camera=(), microphone=(), geolocation=(), payment=()"),
)
FILE_HEADERS = (
    ("Content-Security-Policy", "default-src 'none'"),
    ("X-Content-Type-Options", "nosniff"),
    ("Cross-Origin-Resource-Policy", "same-origin"),
)
"""A file of the program is no page: sixty of them with the headers of one would be a tenth of a phone's first load."""
STRICT_TRANSPORT = ("Strict-Transport-Security", "max-age=31536000; includeSubDomains")


class SecurityLayer:
    """The outermost WSGI layer: adds the headers, and refuses what the socket server would accept by default.

    Compression of websocket frames is taken off the offer (it costs 200 kB and a compression a client and message);
    Engine.IO's JSONP answers are executable script on our own origin.
    """

    def __init__(self, inner: WsgiApp, more: Sequence[tuple[str, str]] = ()) -> None:
        self.inner = inner
        self.of_pages = (*HEADERS, *more)
        self.of_files = (*FILE_HEADERS, *more)

    def __call__(self, environ: dict[str, Any], start_response: StartResponse) -> Iterable[bytes]:
        environ.pop("HTTP_SEC_WEBSOCKET_EXTENSIONS", None)
        added = self.of_files if environ.get("PATH_INFO", "").startswith("/static/") else self.of_pages

        def start(status: str, headers: list[tuple[str, str]], *rest: Any) -> Any:
            present = {name.lower() for name, _ in headers}
            kept = [(name, value) for name, value in headers if name.lower() != "server"]
            return start_response(
                status, kept + [(name, value) for name, value in added if name.lower() not in present], *rest
            )

        if environ.get("PATH_INFO", "").startswith("/socket.io") and "j" in parse_qs(
            environ.get("QUERY_STRING", ""), keep_blank_values=True
        ):
            start("400 Bad Request", [("Content-Type", "text/plain")])
            return [b"JSONP polling is not served."]
        return self.inner(environ, start)


def _no_store(response: Response) -> Response:
    if "Cache-Control" not in response.headers:
        response.headers["Cache-Control"] = "no-store"
        response.headers.add("Vary", "Cookie")
    if request.endpoint == "auth.logout":
        response.headers["Clear-Site-Data"] = '"cache", "storage"'
    return response


def cookie_config(settings: Settings) -> dict[str, Any]:
    """The session cookie: bound to this host over TLS, never readable by scripts."""
    return {
        "SESSION_COOKIE_NAME": "__Host-sid" if settings.uses_tls else "sid",
        "SESSION_COOKIE_SECURE": settings.uses_tls,
        "SESSION_COOKIE_HTTPONLY": True,
        "SESSION_COOKIE_SAMESITE": "Lax",
        "MAX_CONTENT_LENGTH": 12 * 1024 * 1024,
        "MAX_FORM_MEMORY_SIZE": 1024 * 1024,
        "MAX_FORM_PARTS": 2000,
    }


def init_app(app: Flask, settings: Settings) -> None:
    """Wrap the application; call it last, so that the layer is outside of sockets and static files."""
    app.after_request(_no_store)
    more = [STRICT_TRANSPORT] if settings.uses_tls else []
    inner: WsgiApp = app.wsgi_app
    if settings.trust_proxy:
        # Only as many proxies as the school says it has: whoever is further away could write these headers himself.
        inner = ProxyFix(inner, x_for=settings.trust_proxy, x_proto=settings.trust_proxy, x_host=0)
    app.wsgi_app = SecurityLayer(inner, more)  # type: ignore[method-assign]
