"""The views that belong to no app."""

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render

__all__: list[str] = []  # urls.py imports the views


def home(request: HttpRequest) -> HttpResponse:
    """Show the front page."""
    return render(request, "home.html")


def health(_request: HttpRequest) -> HttpResponse:
    """Say that the site answers. Check here what it needs, such as the database."""
    return JsonResponse({"status": "ok"})
