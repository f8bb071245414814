"""Settings."""

__all__: list[str] = []

DEBUG = False
