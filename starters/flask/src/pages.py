"""The pages of the site."""

from flask import Blueprint, flash, redirect, render_template, request, session, url_for
from flask.typing import ResponseReturnValue

__all__: list[str] = []  # app.py registers the blueprint

blueprint = Blueprint("pages", __name__)


@blueprint.get("/")
def home() -> ResponseReturnValue:
    """Greet the visitor, whose name is in the session, and show the form."""
    return render_template("home.html", name=session.get("name"))


@blueprint.post("/")
def save_name() -> ResponseReturnValue:
    """Save the visitor's name in the session, or forget it if it is empty."""
    name = request.form.get("name", "").strip()
    if len(name) > 50:
        flash("A name has at most 50 characters.")
    else:
        session["name"] = name
    return redirect(url_for(".home"), 303)


@blueprint.get("/health")
def health() -> ResponseReturnValue:
    """Say that the site answers. Check here what it needs."""
    return {"status": "ok"}
