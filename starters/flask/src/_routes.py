"""What the service answers: a page for people, JSON for programs."""

from flask import Blueprint, abort, jsonify, render_template, request
from flask.typing import ResponseReturnValue

from .counting import count

__all__: list[str] = []  # for the package's own use

blueprint = Blueprint("site", __name__)


@blueprint.get("/")
def home() -> ResponseReturnValue:
    """Show a form, and the counts of the text that came with it."""
    text = request.args.get("text")
    counts = None if text is None else count(text)
    return render_template("home.html", text=text, counts=counts)


@blueprint.post("/api/counts")
def counts() -> ResponseReturnValue:
    """Return the counts of `{"text": "…"}`."""
    match request.get_json():
        case {"text": str(text), **others} if not others:
            return jsonify(count(text))
        case _:
            return abort(422, 'Send one text: {"text": "a few words"}')


@blueprint.get("/health")
def health() -> ResponseReturnValue:
    """Say that the service answers; check here what it cannot work without."""
    return jsonify(status="ok")
