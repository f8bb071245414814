"""Addresses in messages: shown without credentials and without what a terminal obeys."""

import re

# The password may hold any of / # @, so all up to the last @ of the word is taken.
USERINFO = re.compile(r"([a-z][a-z0-9+.-]*://)([^\s'\"<>]+)@", re.IGNORECASE)
SCP = re.compile(r"(?<![\w.%/@:-])([\w.%+-]+):([^\s'\"<>/][^\s'\"<>]*)@(?=[\w.\[-]+:)")
VALUE = re.compile(r"([?&#;][^\s=&#;'\"<>]+=)[^\s&#;'\"<>]+")
SSH_USER = re.compile(r"[\w.-]+")


def _userinfo(match: re.Match[str]) -> str:
    scheme, user = match.groups()
    if "ssh" in scheme.lower() and SSH_USER.fullmatch(user):
        return match[0]
    return f"{scheme}***@"


def masked(text: str) -> str:
    """Return a text whose addresses hold no password, no token and no query values."""
    text = USERINFO.sub(_userinfo, text)
    return VALUE.sub(r"\1***", SCP.sub("***@", text))


def printable(text: str) -> str:
    """Return a text whose control, format and separator characters are escaped."""
    return "".join(
        c if c.isprintable() else c.encode("unicode_escape").decode() for c in text
    )
