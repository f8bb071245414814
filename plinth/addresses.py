"""Addresses in messages: shown without credentials and without what a terminal obeys.

Words are taken apart without backtracking, since messages may quote a megabyte of a hostile file.
"""

import re

SSH_USER = re.compile(r"[\w.-]+")
VALUE = re.compile(r"([?&#;][^\s=?&#;]+=)(\S+)")
QUERY = re.compile(r"([?#])(\S+)")
AROUND = "'\"`()[]{}<>.,:"  # what a sentence puts around an address


def masked(text: str) -> str:
    """Return a text whose addresses hold no password, no token and no query values."""
    return re.sub(r"\S+", _word, text)


def shown(address: str) -> str:
    """Return one address without its credentials: a space in it ends no password."""
    return masked(address.replace(" ", "%20") if "@" in address else address)


def printable(text: str) -> str:
    """Return a text whose control, format and separator characters are escaped."""
    return "".join(
        c if c.isprintable() else c.encode("unicode_escape").decode() for c in text
    )


def _word(match: re.Match[str]) -> str:
    word = match[0]
    before, slashes, rest = word.partition("//")
    if slashes:
        rest = QUERY.sub(_value, _url(before, rest))
    return VALUE.sub(_value, _scp(before) + slashes + rest)


def _url(before: str, rest: str) -> str:
    """Mask what stands before the host, after the slashes of a URL.

    A password may hold any of / # @, so all up to the last @ counts. What has a host first is
    none, as in https://example.org/x@1.
    """
    user, at, host = rest.rpartition("@")
    first, slash, _ = user.partition("/")
    plain = slash and not re.search("[:%?#]", user)
    if (
        not at
        or (plain and ("." in first or re.match(r"v?\d+(\.\d+){0,2}\W*\Z", host)))
        or ("ssh" in before.lower() and SSH_USER.fullmatch(user))
    ):
        return rest
    return f"***@{'***' if VALUE.search(user) else host}"


def _scp(word: str) -> str:
    """Mask user:password of user:password@host:path, but not git@host:path@1."""
    user, at, host = word.rpartition("@")
    name, _, password = user.partition(":")
    if not at or not password or ("@" in name and ":" not in host):
        return word
    return f"{user[: len(user) - len(user.lstrip(AROUND))]}***@{host}"


def _value(match: re.Match[str]) -> str:
    value = match[2]
    kept = value.rstrip(AROUND)
    return f"{match[1]}***{value[len(kept) :]}" if kept else match[0]
