"""The directive `run`: commands, and what they print when the site is built.

    ```{run}
    :status: 1
    :lines: 12
    :keep: ../wall.html
    ./bootstrap plinth drift ../sound --html ../wall.html
    ```

    ```{page} wall.html
    What the picture shows
    ```

    ```{composer} desktop.png
    What the picture shows
    ```

All blocks of a page, those of `sh` too, run in one session in their order. `status` is the exit
status of the last command, `lines` how many lines of an output are shown. `keep` names a page
that the commands made; the directive `page` shows its picture, if Chromium is installed. The
directive `composer` links to the composer and shows its picture, where both were made.
"""

import re
from pathlib import Path
from typing import Any, ClassVar

from docutils import nodes
from sphinx import addnodes
from sphinx.application import Sphinx
from sphinx.util import logging
from sphinx.util.docutils import SphinxDirective

from .pages import MADE
from .pictures import screenshot
from .session import ROOT, Block, CommandError, Session, blocks, transcripts

log = logging.getLogger(__name__)
ANSI = re.compile(r"\x1b\[[0-9;?]*[a-zA-Z]|[^\n]*\r(?!\n)")


class Run(SphinxDirective):
    """Shows commands with their output."""

    has_content = True
    option_spec: ClassVar[dict[str, Any]] = {"status": int, "lines": int, "keep": str}

    def run(self) -> list[nodes.Node]:
        """Return the block of code."""
        code = "\n".join(map(str, self.content or ()))
        made = self.env.temp_data.get("transcripts") or []
        key = Block(code).commands
        lines: list[str] = []
        for transcript in made:
            if [command for command, _ in transcript] == key:
                for command, output in transcript:
                    lines += [f"$ {command}", *self.cut(output)]
                break
        else:
            raise self.error("the commands of this page failed: see the warning above")
        text = "\n".join(lines)
        return [nodes.literal_block(text, text, language="console")]

    def cut(self, output: str) -> list[str]:
        """Return the lines of an output that are shown."""
        lines = ANSI.sub("", output).rstrip().splitlines()
        most = self.options.get("lines", len(lines))
        return lines if len(lines) <= most else ["[…]", *lines[-most:]]


class Page(SphinxDirective):
    """Shows the picture of a kept page, and links to the page."""

    has_content = True
    required_arguments = 1

    def run(self) -> list[nodes.Node]:
        """Return the picture, where there is one, and the link."""
        name, text = self.arguments[0], " ".join(self.content)
        link = addnodes.download_reference("", "", reftarget=f"/made/{name}")
        picture = Path(name).with_suffix(".png").name
        if (MADE / picture).is_file():
            link += nodes.image("", uri=f"/made/{picture}", alt=text)
        link += nodes.literal("", text)
        return [nodes.paragraph("", "", link)]


class Composer(SphinxDirective):
    """Shows a picture of the composer that leads to it, or says how to build it."""

    has_content = True
    required_arguments = 1

    def run(self) -> list[nodes.Node]:
        """Return the picture, or the command."""
        if not (ROOT / "build/extra/composer/index.html").is_file():
            command = "./bootstrap python -m composer build build/extra/composer"
            text = nodes.Text(
                "This build of the site has no composer. Build it first: "
            )
            return [nodes.paragraph("", "", text, nodes.literal("", command))]
        link = nodes.reference("", "Open the composer", refuri="composer/index.html")
        picture = f"composer/{self.arguments[0]}"
        made = [nodes.paragraph("", "", link)]
        if (MADE / picture).is_file():
            alt = " ".join(map(str, self.content or ()))
            made.append(nodes.image("", uri=f"/made/{picture}", alt=alt))
        return made


def run_page(app: Sphinx, name: str, source: list[str]) -> None:
    """Run the commands of a page that shows outputs."""
    if "```{run}" not in source[0]:
        return
    session: Session | None = getattr(app, "plinth_session", None)
    if session is None:
        session = Session()
        app.plinth_session = session  # type: ignore[attr-defined]
    log.info("running the commands of %s", name)
    try:
        app.env.temp_data["transcripts"] = transcripts(session, blocks(source[0]))
        for kept in re.findall(r"^:keep: (.*)$", source[0], re.MULTILINE):
            page = MADE / Path(kept).name
            text = (session.folder / kept).read_text(encoding="utf-8")
            page.write_text(session.shown(text), encoding="utf-8")
            screenshot(page, page.with_suffix(".png"))
    except CommandError as error:
        log.warning("%s: %s", name, error, location=name)


def close(app: Sphinx, error: Exception | None) -> None:
    """Delete the session's folder."""
    session: Session | None = getattr(app, "plinth_session", None)
    if session is not None:
        session.__exit__(None, None, None)


def setup(app: Sphinx) -> dict[str, bool]:
    """Let Sphinx know the directive."""
    app.add_directive("run", Run)
    app.add_directive("page", Page)
    app.add_directive("composer", Composer)
    app.connect("source-read", run_page)
    app.connect("build-finished", close)
    return {"parallel_read_safe": False}
