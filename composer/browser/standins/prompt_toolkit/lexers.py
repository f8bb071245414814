"""Stands in for prompt_toolkit.lexers."""


def PygmentsLexer(lexer: object) -> object:  # noqa: N802 - the name that Copier imports
    """Return the lexer as it is."""
    return lexer
