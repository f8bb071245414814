"""The tables of the users."""

from django.contrib.auth.models import AbstractUser


class User(AbstractUser):
    """A user. Add your own fields here: Django cannot change to this model later."""
