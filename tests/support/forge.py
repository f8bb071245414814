"""A forge on the loopback interface: git's own HTTP server, of Gitea's REST calls those that Renovate makes, an index.

It can show what Renovate asks of a forge and what it pushes there. It cannot show what a real one adds: rights,
protected branches, webhooks, limits of requests, checks that run, merge queues and rendered texts. GitHub, GitLab, Gitea
and Forgejo differ in each of these.
https://docs.gitea.com/api/1.24/ https://git-scm.com/docs/git-http-backend
"""

import base64
import json
import os
import re
import subprocess
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from itertools import count
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

from conftest import git, run

TOKEN = "token-of-the-bot"
BOT = {"id": 1, "login": "bot", "full_name": "Bot", "email": "bot@example.org"}


@dataclass
class Pull:
    """A pull request, with its comments."""

    number: int
    title: str
    body: str
    head: str
    base: str
    state: str = "open"
    merged: bool = False
    comments: dict[int, str] = field(default_factory=dict)
    updated: str = field(default_factory=lambda: datetime.now(UTC).isoformat())


@dataclass
class Forge:
    """What the forge holds: bare repositories below a folder, their topics, pull requests and commits' statuses.

    Of packages it knows versions, and after which of them somebody has asked.
    """

    folder: Path
    url: str = ""
    topics: dict[str, set[str]] = field(default_factory=dict)
    pulls: dict[str, list[Pull]] = field(default_factory=dict)
    ids: Iterator[int] = field(default_factory=lambda: count(1))
    statuses: dict[str, list[dict[str, Any]]] = field(default_factory=dict)
    packages: dict[str, list[str]] = field(default_factory=dict)
    asked: set[str] = field(default_factory=set)

    def create(self, name: str, source: Path, *topics: str) -> str:
        """Make a repository such as "ada/sound" of all branches and tags of another; return its address."""
        bare = self.bare(name)
        run("git", "clone", "--quiet", "--mirror", source, bare, cwd=self.folder)
        run("git", "config", "http.receivepack", "true", cwd=bare)
        self.topics[name], self.pulls[name] = set(topics), []
        return f"{self.url}/{name}.git"

    def bare(self, name: str) -> Path:
        """Return the folder of a repository."""
        return self.folder / f"{name}.git"

    def head(self, name: str, branch: str) -> str:
        """Return the commit of a branch, nothing for one that is not there."""
        command = ("git", "rev-parse", "--quiet", "--verify", f"refs/heads/{branch}")
        return run(*command, cwd=self.bare(name), check=False).stdout.strip()

    def open(self, name: str) -> list[Pull]:
        """Return the open pull requests of a repository."""
        return [pull for pull in self.pulls[name] if pull.state == "open"]

    def merge(self, name: str, pull: Pull) -> None:
        """Merge a pull request whose branch stands on its base, and delete the branch."""
        bare, head = self.bare(name), self.head(name, pull.head)
        git(bare, "merge-base", "--is-ancestor", self.head(name, pull.base), head)
        git(bare, "update-ref", f"refs/heads/{pull.base}", head)
        git(bare, "update-ref", "-d", f"refs/heads/{pull.head}")
        pull.state, pull.merged = "closed", True
        pull.updated = datetime.now(UTC).isoformat()

    # ---- What the API says ----

    def repository(self, name: str) -> dict[str, Any]:
        """Return a repository as the API shows it."""
        styles = ("merge_commits", "rebase", "rebase_explicit", "squash_merge")
        return {
            "id": sorted(self.pulls).index(name) + 1,
            "full_name": name,
            "owner": {"id": 2, "login": name.split("/")[0], "email": ""},
            "clone_url": f"{self.url}/{name}.git",
            "default_branch": "main",
            "default_merge_style": "merge",
            "permissions": {"admin": False, "pull": True, "push": True},
            "has_issues": False,
            "has_pull_requests": True,
            **dict.fromkeys(("archived", "empty", "fork", "mirror"), False),
            **{f"allow_{style}": True for style in styles},
        }

    def pull(self, name: str, pull: Pull) -> dict[str, Any]:
        """Return a pull request as the API shows it."""
        return {
            "number": pull.number,
            "state": pull.state,
            "merged": pull.merged,
            "mergeable": True,
            "title": pull.title,
            "body": pull.body,
            "user": BOT,
            "created_at": pull.updated,
            "updated_at": pull.updated,
            "base": {"ref": pull.base},
            "head": {
                "label": pull.head,
                "sha": self.head(name, pull.head) or "0" * 40,
                "repo": self.repository(name),
            },
        }

    def answer(self, method: str, path: str, query: str, sent: Any) -> Any:
        """Return what a call of the API yields, None for what is not there."""
        if path == "/version":
            return {"version": "1.24.0"}
        if path == "/user":
            return BOT
        if path == "/repos/search":
            topic = parse_qs(query).get("q", [""])[0]
            names = [x for x, has in self.topics.items() if not topic or topic in has]
            return {"ok": True, "data": [self.repository(x) for x in names]}
        if not (found := re.match(r"/repos/([^/]+/[^/]+)(/.*)?$", path)):
            return None
        name, rest = found[1], found[2] or ""
        if name not in self.pulls:
            return None
        if rest == "":
            return self.repository(name)
        if rest == "/labels":
            return []
        if found := re.fullmatch(r"/commits/([^/]+)/statuses", rest):
            return self.statuses.get(self.head(name, unquote(found[1])), [])
        if found := re.fullmatch(r"/statuses/([0-9a-f]+)", rest):
            made = {"id": next(self.ids), "created_at": datetime.now(UTC).isoformat()}
            status = {**made, "status": sent["state"], **sent}
            self.statuses.setdefault(found[1], []).append(status)
            return status
        if rest.startswith("/contents/"):
            file = f"HEAD:{unquote(rest.removeprefix('/contents/'))}"
            done = run("git", "show", file, cwd=self.bare(name), check=False)
            text = base64.b64encode(done.stdout.encode()).decode()
            shown = {"name": file[5:], "path": file[5:], "type": "file"}
            return None if done.returncode else {**shown, "content": text}
        if found := re.fullmatch(r"/branches/([^/]+)", rest):
            branch = unquote(found[1])
            head = self.head(name, branch)
            return {"name": branch, "commit": {"id": head}} if head else None
        return self.answer_of_pulls(name, method, rest, sent)

    def answer_of_pulls(self, name: str, method: str, rest: str, sent: Any) -> Any:
        """Return what a call about pull requests and their comments yields."""
        pulls = self.pulls[name]
        if rest == "/pulls" and method == "POST":
            fields = {x: sent[x] for x in ("title", "body", "head", "base")}
            pulls.append(Pull(number=next(self.ids), **fields))
            return self.pull(name, pulls[-1])
        if rest == "/pulls":
            return [self.pull(name, pull) for pull in pulls[::-1]]
        if found := re.fullmatch(r"/(?:pulls|issues)/(\d+)(/comments)?", rest):
            pull = next(x for x in pulls if x.number == int(found[1]))
            if found[2] and method == "POST":
                number = next(self.ids)
                pull.comments[number] = sent["body"]
                return {"id": number, "body": sent["body"]}
            if found[2]:
                return [{"id": x, "body": y} for x, y in pull.comments.items()]
            if method == "PATCH":
                for key in ("title", "body", "state"):
                    setattr(pull, key, sent.get(key, getattr(pull, key)))
                pull.updated = datetime.now(UTC).isoformat()
            return self.pull(name, pull)
        if found := re.fullmatch(r"/issues/comments/(\d+)", rest):
            number = int(found[1])
            pull = next(x for x in pulls if number in x.comments)
            if method == "DELETE":
                del pull.comments[number]
                return {}
            pull.comments[number] = sent["body"]
            return {"id": number, "body": sent["body"]}
        return None


class Handler(BaseHTTPRequestHandler):
    """Sends calls of the API to the forge, and all else to git."""

    protocol_version = "HTTP/1.1"
    forge: Forge

    def do_GET(self) -> None:
        """Answer any request."""
        address = urlsplit(self.path)
        body = self.read()
        if address.path.startswith("/api/v1"):
            self.api(address.path.removeprefix("/api/v1"), address.query, body)
        elif address.path.startswith("/simple/"):
            self.index(address.path.split("/")[2])
        else:
            self.git(address.path, address.query, body)

    # The names are http.server's.
    do_POST = do_PUT = do_PATCH = do_DELETE = do_GET  # noqa: N815

    def read(self) -> bytes:
        """Return the body of the request; git sends a long one in chunks."""
        if self.headers.get("Transfer-Encoding") != "chunked":
            return self.rfile.read(int(self.headers.get("Content-Length", 0)))
        body = b""
        while size := int(self.rfile.readline(), 16):
            body += self.rfile.read(size)
            self.rfile.readline()
        self.rfile.readline()
        return body

    def api(self, path: str, query: str, body: bytes) -> None:
        """Answer in JSON, the bot alone."""
        if TOKEN not in self.headers.get("Authorization", ""):
            self.send(401, {"Content-Type": "application/json"}, b"{}")
            return
        sent = json.loads(body) if body else None
        answer = self.forge.answer(self.command, path, query, sent)
        status = 404 if answer is None else 201 if self.command == "POST" else 200
        text = json.dumps({} if answer is None else answer).encode()
        self.send(status, {"Content-Type": "application/json"}, text)

    def index(self, name: str) -> None:
        """Show the versions of a package (PEP 503)."""
        self.forge.asked.add(name)
        files = [f"{name}-{x}.tar.gz" for x in self.forge.packages.get(name, [])]
        page = "".join(f'<a href="/{file}">{file}</a>' for file in files)
        headers = {"Content-Type": "text/html"}
        self.send(200 if files else 404, headers, f"<html>{page}</html>".encode())

    def git(self, path: str, query: str, body: bytes) -> None:
        """Let git's server answer, as a web server does (RFC 3875)."""
        done = subprocess.run(
            ["git", "http-backend"],
            input=body,
            stdout=subprocess.PIPE,
            check=False,
            env={
                "PATH": os.environ["PATH"],
                "GIT_PROJECT_ROOT": str(self.forge.folder),
                "GIT_HTTP_EXPORT_ALL": "1",
                "GIT_PROTOCOL": self.headers.get("Git-Protocol", ""),
                "REQUEST_METHOD": self.command,
                "PATH_INFO": unquote(path),
                "QUERY_STRING": query,
                "CONTENT_TYPE": self.headers.get("Content-Type", ""),
                "CONTENT_LENGTH": str(len(body)),
                "HTTP_CONTENT_ENCODING": self.headers.get("Content-Encoding", ""),
            },
        )
        head, _, content = done.stdout.partition(b"\r\n\r\n")
        headers = dict(
            line.split(": ", 1) for line in head.decode().splitlines() if ": " in line
        )
        status = int(headers.pop("Status", "200").split()[0])
        self.send(status if head else 500, headers, content)

    def send(self, status: int, headers: dict[str, str], body: bytes) -> None:
        """Send one whole answer."""
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: Any) -> None:
        """Say nothing."""


@contextmanager
def serve(folder: Path) -> Iterator[Forge]:
    """Run a forge over a folder while the context lasts."""
    forge = Forge(folder)
    handler = type("Handler", (Handler,), {"forge": forge})
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        forge.url = f"http://127.0.0.1:{server.server_port}"
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        try:
            yield forge
        finally:
            server.shutdown()
            thread.join()
