"""Plain text: an example, to be replaced by your own module."""

import unicodedata


def to_plain(text: str) -> str:
    """Return text without accents: "Zoë" becomes "Zoe"."""
    parts = unicodedata.normalize("NFD", text)
    return "".join(part for part in parts if not unicodedata.combining(part))
