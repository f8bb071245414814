"""What Django knows the app by."""

from django.apps import AppConfig


class NotesConfig(AppConfig):
    """Short texts, written in the admin and read by everyone."""

    name = __package__
