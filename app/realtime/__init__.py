"""Pushing what changed: the messages, the dispatcher and the socket's few handlers."""

from flask import Flask

from app.config import Settings


def init_app(app: Flask, settings: Settings) -> None:
    return None
