"""Where notes are written."""

from django.contrib import admin

from .models import Note


@admin.register(Note)
class NoteAdmin(admin.ModelAdmin):
    """Lists notes by title and age, and finds them by their words."""

    list_display = ("title", "created")
    search_fields = ("title", "text")
