"""The app's configuration."""

from django.apps import AppConfig


class AccountsConfig(AppConfig):
    """The app that holds the users."""

    name = __package__
