"""Find hard English: ./bootstrap python scripts/wording.py [FILE …].

In Markdown and in docstrings, a sentence has at most 35 words. In every text that people
read, the phrases below have plainer forms. Of tests and scripts, the command reads only the
docstrings and comments. Without a file, it reads all texts. The exit status is 1 where it
found something.
"""

import ast
import io
import re
import subprocess
import sys
import tokenize
from collections.abc import Iterator
from pathlib import Path

from markdown_it import MarkdownIt
from markdown_it.token import Token

ROOT = Path(__file__).resolve().parents[1]
LONGEST = 35  # words in a sentence
TEXTS = [
    ":(glob)*.md",
    ".github",
    ".pre-commit-config.yaml",
    "benchmarks/*.md",
    "benchmarks/*.py",
    "composer/*.css",
    "composer/*.html",
    "composer/*.js",
    "composer/*.md",
    "composer/*.mjs",
    "composer/*.py",
    "copier.yml",
    "docs/*.md",
    "docs/*.py",
    ":(glob)includes/*.jinja",
    "includes/reserved.yml",
    "includes/rules.txt",
    "plinth",
    "pyproject.toml",
    "scripts",
    "starters/*.html",
    "starters/*.jinja",
    "starters/*.md",
    "starters/*.py",
    "starters/*.yml",
    "template",
    "tests/*.py",
]
# Their code has hard phrases as data.
QUOTING = {"scripts", "tests"}
# A phrase as a regular expression, and what to write instead.
PLAIN = {
    r"(?<!there )is no (?!longer|more|less|later|newer|older)": "is not a",
    r"(?<!there )are no (?!longer|more|less)": "are not",
    r"whoever|for who(?!,| in)|whom": "anyone who, for people who",
    r"whatever|whichever": "any",
    r"of no avail": "fails",
    r"in vain": "without success, or say what fails",
    r"for want of": "because there is no",
    r"at hand": "available, installed",
    r"(is|are) told(?! apart)": "who prints it: the command prints",
    r"but for|save for": "except",
    r"ha(s|ve) not(?=[.,;:])": "does not have",
    r"nothing of": "no file of, no code of",
    r"of one's own": "your own",
    r"stands? (in(?! for)|at|under|there|where|below|beside|over|alone)": "is in",
    r"the standard's": "the template's",
    r"updates keep th(is|ese)": "`copier update` overwrites this file",
    r"mend(s|ed|ing)?": "fix",
    r"besides": "also, in addition",
    r"likewise": "the same",
    r"anew": "again",
    r"pass(es|ed)? over": "skip",
    r"goes? on from": "continues",
    r"learn(s|ed|t)? (what|of)": "find out",
    r"just so": "as they are",
    r"to (who|which) it": "a noun",
    r"has? it that": "says that",
    r"hereby|thereby|thereof|therein|whereby|hence|thus|whilst|amongst|upon|shall": (
        "a usual word: so, in it, while, among, on, must"
    ),
}
WORDS = [
    (re.compile(rf"\b(?:{phrase})\b", re.IGNORECASE), plain)
    for phrase, plain in PLAIN.items()
]
# A line of a table of options, and the lines that continue one.
TABLE = re.compile(r"^(.*\S {3,}\S.*| {8,}.*)$", re.MULTILINE)
# A sentence ends before a space, unless an abbreviation such as "e.g." does.
END = re.compile(r"(?<!\be\.g)(?<!\bi\.e)(?<!\betc)[.!?…][\")*_]*(?=\s|$)")


def prose(token: Token) -> str:
    """Return what a reader sees of a paragraph: each piece of code counts as one word."""
    shown = {"code_inline": "CODE", "softbreak": "\n", "hardbreak": "\n"}
    return "".join(
        shown.get(child.type, child.content if child.type == "text" else "")
        for child in token.children or ()
    )


def without_jinja(text: str) -> str:
    """Return a template's text with each expression as one word and without statements, line by line."""

    def lines(match: re.Match[str]) -> str:
        return "\n" * match[0].count("\n")

    text = re.sub(r"\{%.*?%\}|\{#.*?#\}", lines, text, flags=re.DOTALL)
    return re.sub(
        r"\{\{.*?\}\}", lambda match: "X" + lines(match), text, flags=re.DOTALL
    )


def docstrings(tree: ast.Module) -> Iterator[tuple[int, str]]:
    """Yield the first line and the text of each docstring of a Python file."""
    kinds = (ast.Module, ast.ClassDef, ast.FunctionDef, ast.AsyncFunctionDef)
    for node in ast.walk(tree):
        if isinstance(node, kinds) and (text := ast.get_docstring(node)):
            yield node.body[0].lineno, text


def comments(text: str) -> Iterator[tuple[int, str]]:
    """Yield the line and the text of each comment of a Python file."""
    for token in tokenize.generate_tokens(io.StringIO(text).readline):
        if token.type == tokenize.COMMENT:
            yield token.start[0], token.string


def python_findings(text: str, *, messages: bool) -> Iterator[tuple[int, str]]:
    """Yield the line and a description of each finding in docstrings, comments and messages."""
    read = [*docstrings(ast.parse(text))]
    for first, docstring in read:
        for line, reason in long_sentences(TABLE.sub("", docstring)):
            yield first + line - 1, reason
    for first, part in [(1, text)] if messages else [*read, *comments(text)]:
        for line, reason in hard_phrases(part):
            yield first + line - 1, reason


def long_sentences(text: str) -> Iterator[tuple[int, str]]:
    """Yield the line and a description of each sentence that is too long."""
    for token in MarkdownIt("gfm-like", {"linkify": False}).parse(text):
        if token.type != "inline" or token.map is None:
            continue
        shown, start = prose(token), 0
        for stop in [match.end() for match in END.finditer(shown)] + [len(shown)]:
            words = [
                word for word in shown[start:stop].split() if re.search(r"\w", word)
            ]
            if len(words) > LONGEST:
                line = token.map[0] + 1 + shown[:start].count("\n")
                begin = " ".join(words[:5])
                yield (
                    line,
                    f'{len(words)} words in one sentence: write two: "{begin} …"',
                )
            start = stop


def hard_phrases(text: str) -> Iterator[tuple[int, str]]:
    """Yield the line and a description of each phrase that has a plain form."""
    for number, line in enumerate(text.splitlines(), 1):
        for pattern, plain in WORDS:
            for match in pattern.finditer(line):
                yield number, f'"{match[0].strip()}": write "{plain}"'


def findings(path: Path) -> list[str]:
    """Return a line for each finding in a file."""
    text = path.read_text(encoding="utf-8-sig")
    if path.name == "CHANGELOG.md":  # releases are as they were
        head, mark, rest = text.partition("\n## Unreleased\n")
        text = (head + mark + rest.partition("\n## ")[0]) if mark else ""
    if path.suffix == ".jinja":
        text = without_jinja(text)
    if path.suffix == ".py":
        found = [*python_findings(text, messages=path.parts[0] not in QUOTING)]
    else:
        found = [*hard_phrases(text)]
    if ".md" in path.suffixes:
        found += long_sentences(text)
    return [f"{path}:{line}: {reason}" for line, reason in sorted(found)]


def texts() -> list[Path]:
    """Return the files that users read, as git knows them."""
    command = ["git", "ls-files", "-z", "--", *TEXTS]
    names = subprocess.run(
        command, cwd=ROOT, check=True, capture_output=True, text=True
    )
    return [Path(name) for name in names.stdout.split("\0") if Path(name).is_file()]


def main() -> None:
    """Run the command line."""
    found = [
        line
        for path in [Path(name) for name in sys.argv[1:]] or texts()
        for line in findings(path)
    ]
    print(*found, sep="\n", end="\n" * bool(found))
    if found:
        sys.exit(f"wording: {len(found)} findings")


if __name__ == "__main__":
    main()
