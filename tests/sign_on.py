"""The local provider of the single sign-on, for tests that log in there."""

from __future__ import annotations

import http.client
import json
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest

SERVER = Path(__file__).parent / "oidc_provider.py"
CLIENT, SECRET = "statuspage", "a secret of thirty-two characters"


@dataclass(frozen=True)
class RunningProvider:
    """The process: its address, and who is logged in there."""

    issuer: str
    folder: Path

    def vouch(self, email: str | None, *, subject: str = "", verified: Any = True, **more: Any) -> None:
        """From now on they are logged in there; `fault` and `userinfo` are the process's, the rest is claims."""
        fault, userinfo = more.pop("fault", None), more.pop("userinfo", {})
        claims = {"sub": subject or f"id of {email}", **more}
        if email is not None:
            claims |= {"email": email, "email_verified": verified}
        said = {"claims": claims, "fault": fault, "userinfo": userinfo}
        (self.folder / "person.json").write_text(json.dumps(said), encoding="utf-8")

    def visit(self, url: str) -> str:
        """Where a browser is sent that opens `url` there."""
        parts = urlsplit(url)
        connection = http.client.HTTPConnection(parts.hostname or "", parts.port, timeout=30)
        connection.request("GET", f"{parts.path}?{parts.query}")
        answer = connection.getresponse()
        answer.read()
        connection.close()
        return answer.headers["Location"]


@pytest.fixture(scope="module")
def provider(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningProvider]:
    """A provider that runs until the module's tests are done."""
    folder = tmp_path_factory.mktemp("provider")
    process = subprocess.Popen([sys.executable, str(SERVER), str(folder)], stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    running = RunningProvider(f"http://127.0.0.1:{process.stdout.readline().strip()}", folder)
    yield running
    process.kill()
    process.wait()
    process.stdout.close()
