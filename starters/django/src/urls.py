"""Which address shows what."""

from django.contrib import admin
from django.urls import path

from .notes.views import NoteList

__all__: list[str] = []  # Django reads urlpatterns

urlpatterns = [
    path("", NoteList.as_view(), name="notes"),
    path("admin/", admin.site.urls),
]
