"""Where notes are read."""

from django.views.generic import ListView

from .models import Note


class NoteList(ListView):
    """The notes, 20 to a page: ``?page=2``."""

    model = Note
    paginate_by = 20
