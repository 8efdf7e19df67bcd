"""The JSON contract below /api/v1: the same services as the pages. One blueprint a noun, found by its name `bp`."""

from flask import Blueprint, Flask

from app.web import blueprints


def init_app(app: Flask) -> None:
    root = Blueprint("api", __name__, url_prefix="/api/v1")
    for bp in blueprints(__name__, list(__path__)):
        root.register_blueprint(bp)
    app.register_blueprint(root)
