"""What the database holds."""

from django.db import models


class Note(models.Model):
    """A short text.

    Attributes:
        title: At most 200 characters.
        text: As long as it needs; plain, not HTML.
        created: When it was first saved.
    """

    title = models.CharField(max_length=200)
    text = models.TextField(blank=True)
    created = models.DateTimeField(auto_now_add=True, db_index=True)

    class Meta:
        """The newest come first."""

        ordering = ("-created", "-pk")

    def __str__(self) -> str:
        """Return the title, by which the admin calls it."""
        return self.title
