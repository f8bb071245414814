"""What a page shows to a reader."""

from itertools import pairwise

from markdown_it import MarkdownIt


def text_of_page(page: str) -> dict[str, list[str]]:
    """Return the text that a page of Markdown shows, by HTML element, as GitHub and PyPI would read it.

    What is not plain text appears as its markup, so that it differs from what was typed.
    """
    texts: dict[str, list[str]] = {}
    tokens = MarkdownIt("gfm-like", {"linkify": False}).parse(page)
    for opening, token in pairwise(tokens):
        if token.type == "inline":
            parts = [
                child.content if child.type == "text" else f"<{child.type}>"
                for child in token.children or ()
            ]
            texts.setdefault(opening.tag, []).append("".join(parts))
    return texts
