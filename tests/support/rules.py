"""The rules for answers, and the words that a name must not be."""

import re

import yaml
from conftest import ROOT


def reserved() -> dict[str, list[str]]:
    """Return the lists of includes/reserved.yml."""
    lists = yaml.safe_load((ROOT / "includes/reserved.yml").read_text())
    return {name: words.split() for name, words in lists.items()}


def refused(answer: str, value: str) -> bool:
    """Return whether a pattern of includes/rules.txt refuses a value as this answer."""
    lines = (ROOT / "includes/rules.txt").read_text().splitlines()
    rules = [line.split(maxsplit=2) for line in lines if line and line[0] != "#"]
    return any(
        re.search(wrong, value)
        for answers, wrong, _ in rules
        if answer in answers.split(",") and not wrong.startswith("@")
    )
