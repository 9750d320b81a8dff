"""What lies in deploy/ is what its readers take: systemd, Docker, compose. nginx has a test of its own."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

from statuspage.settings import SETTING_NAMES
from tests.servers import find_program

ROOT = Path(__file__).resolve().parents[1]
DEPLOY = ROOT / "deploy"


@pytest.mark.parametrize("unit", ["statuspage.service", "statuspage-worker.service"])
def test_units_are_verified(unit: str, tmp_path: Path) -> None:
    program = find_program("systemd-analyze")
    text = (DEPLOY / unit).read_text(encoding="utf-8")
    placed = tmp_path / unit
    placed.write_text(re.sub(r"(?m)^ExecStart=\S+", f"ExecStart={sys.executable}", text), encoding="utf-8")
    verdict = subprocess.run([program, "verify", str(placed)], capture_output=True, text=True, check=False)
    ours = [line for line in verdict.stderr.splitlines() if unit in line]
    assert ours == []
    assert "User=statuspage" in text
    assert int(re.findall(r"TimeoutStopSec=(\d+)", text)[0]) >= 10
    for protection in ("NoNewPrivileges=true", "ProtectSystem=strict", "ProtectHome=true", "PrivateTmp=true"):
        assert protection in text


def instructions() -> list[tuple[str, str]]:
    """(instruction, arguments) of the Dockerfile, continued lines joined."""
    text = (DEPLOY / "Dockerfile").read_text(encoding="utf-8").replace("\\\n", " ")
    lines = [line for line in text.splitlines() if line.strip() and not line.startswith("#")]
    return [(line.split(None, 1)[0], line.split(None, 1)[1]) for line in lines]


def test_dockerfile_keeps_the_rules() -> None:
    found = instructions()
    words = [word for word, _ in found]
    assert words[0] == "FROM"
    assert re.fullmatch(r"python:3\.\d+-slim", found[0][1]), "a base of a known version"
    for word, rest in found:
        assert word.isupper(), word
        if word == "RUN" and "pip install" in rest:
            assert "--no-cache-dir" in rest
            assert "--require-hashes" in rest
        if word in ("CMD", "ENTRYPOINT"):
            assert rest.startswith("["), "the program gets SIGTERM itself, no shell does"
        assert "sudo" not in rest
        assert word not in ("ADD", "MAINTAINER")
    user = [rest for word, rest in found if word == "USER"]
    assert user == ["statuspage"], "not root"
    assert words.index("USER") < words.index("CMD")
    assert words.count("CMD") == 1
    assert "HEALTHCHECK" in words
    assert words.index("COPY") < words.index("RUN", words.index("COPY")), "packages are a layer of their own"


def test_dockerfile_copies_what_there_is() -> None:
    copied = [rest.split()[0] for word, rest in instructions() if word == "COPY"]
    assert set(copied) >= {"requirements.txt", "app.py", "statuspage", "templates", "static"}
    assert [name for name in copied if not (ROOT / name).exists()] == []


def test_compose_puts_parts_together() -> None:
    compose = yaml.safe_load((DEPLOY / "compose.yaml").read_text(encoding="utf-8"))
    services = compose["services"]
    assert set(services) == {"app", "web", "database"}
    assert set(compose) <= {"services", "volumes"}
    for name, service in services.items():
        for volume in service.get("volumes", ()):
            source = volume.split(":")[0]
            known = (DEPLOY / source).exists() if source.startswith(".") else source in compose["volumes"]
            assert known, volume
        assert set(service.get("depends_on", ())) <= set(services), name
        assert service["restart"] == "unless-stopped"
    environment = services["app"]["environment"]
    assert set(environment) <= set(SETTING_NAMES)
    assert environment["TRUSTED_PROXIES"] == "1"
    assert "ports" not in services["database"]
    assert "ports" not in services["app"]
    assert (DEPLOY / services["app"]["build"]["dockerfile"].removeprefix("deploy/")).exists()
    assert "healthcheck" in services["database"]
    text = (DEPLOY / "compose.yaml").read_text(encoding="utf-8")
    assert not re.search(r"(?i)password: *[a-z0-9]+$", text, re.MULTILINE), "no secret stands in it"
