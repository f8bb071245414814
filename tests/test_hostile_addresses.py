"""Credentials of addresses, and control characters, stay out of messages."""

import pytest

from fleet.addresses import masked, printable

FORMS = [
    "https://user:SECRET@host/x",
    "https://SECRET@host/x",
    "https://oauth2:SECRET@host/x",
    "HTTPS://user:SECRET@host/x",
    "git+https://user:SECRET@host/x",
    "git://user:SECRET@host/x",
    "ssh://user:SECRET@host/x",
    "https://user:a@SECRET@host/x",
    "https://user:a/SECRET@host/x",
    "https://user:a#SECRET@host/x",
    "https://user%3ASECRET@host/x",
    "user:SECRET@host:path",
    "http://host/x?private_token=SECRET",
    "http://host/x?a=b&token=SECRET#t",
    "http://host/x#token=SECRET",
    "ext::https://user:SECRET@host/x",
    "url.https://user:SECRET@host/.insteadOf",
]
TEXTS = ["{}", "fatal: unable to access '{}': no host", "see {}, then\n{} again"]


@pytest.mark.parametrize("text", TEXTS)
@pytest.mark.parametrize("form", FORMS)
def test_secrets_are_masked(form: str, text: str) -> None:
    """No form of an address keeps its secret, whatever stands around it."""
    assert "SECRET" not in masked(text.format(form, form))


@pytest.mark.parametrize("text", ["ssh://git@host/x", "git@host:x", "https://host/x"])
def test_addresses_without_secrets_stay(text: str) -> None:
    """What holds no secret is shown as it is."""
    assert masked(text) == text


@pytest.mark.parametrize(
    "bad", ["\x1b", "\x9b", "\x7f", "\u202e", "\u200b", "\u2028", "\udc80"]
)
def test_control_characters_are_escaped(bad: str) -> None:
    """A terminal gets nothing that it would obey."""
    assert printable(f"a{bad}b").isprintable()
