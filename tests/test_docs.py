"""README says what there is: every command, setting, address and make target, and none that is not there."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path

import click
import pytest
from flask import Flask

from statuspage.changes import Installation
from statuspage.demo.filling import fill
from statuspage.factory import create_app
from statuspage.settings import SETTING_NAMES, Settings

ROOT = Path(__file__).resolve().parents[1]
PAGES = ("README.md", "ARCHITECTURE.md", "CONTRIBUTING.md", "CHANGELOG.md")
NOT_OURS = {"run", "shell", "routes"}
"""Flask's own commands."""
NOT_PUBLIC = ("/admin", "/api/v1", "/static", "/<path:path>")
SAMPLES = (
    (r"\d{4}-\d{2}", "2026-10"),
    (r"(?<=incidents/)(?!unresolved)[a-z0-9]{12}|(?<=maintenance/)[a-z0-9]{12}", "ID"),
    (r"(?<=components/)[a-z0-9-]+", "SLUG"),
)
"""Real parts of an address, and what README writes in their place."""


@pytest.fixture(scope="module")
def readme() -> str:
    return (ROOT / "README.md").read_text(encoding="utf-8")


@pytest.fixture
def filled(installation: Installation, now: datetime) -> Installation:
    fill(installation, now)
    return installation


def section(text: str, title: str) -> str:
    return text.split(f"\n## {title}\n", 1)[1].split("\n## ", 1)[0]


def first_cells(table: str) -> list[str]:
    return re.findall(r"^\| `([^|]*?)`(?: \||.*?\|)", table, re.MULTILINE)


def test_settings_are_documented(readme: str) -> None:
    rows = re.findall(r"^\| `([A-Z_]+)` \| (.+?) \|", section(readme, "Settings"), re.MULTILINE)
    assert [name for name, _ in rows] == list(SETTING_NAMES)
    for name, default in rows:
        value = Settings.model_fields[name.lower()].default
        if isinstance(value, bool | int | str):
            assert f"`{str(value).lower()}`" in default.lower(), name


def test_commands_are_documented(readme: str, app: Flask) -> None:
    documented = {command_of(cell) for cell in first_cells(section(readme, "Commands").replace(r"\|", "/"))}
    assert documented == {" ".join(path) for path in walk(app.cli, ())}


def command_of(cell: str) -> str:
    words = []
    for word in cell.split():
        if not re.fullmatch(r"[a-z]+(?:-[a-z]+)*", word):
            break
        words.append(word)
    return " ".join(words)


def walk(command: click.Command, path: tuple[str, ...]) -> Iterator[tuple[str, ...]]:
    if not isinstance(command, click.Group):
        yield path
        return
    for name, child in command.commands.items():
        if path or name not in NOT_OURS:
            yield from walk(child, (*path, name))


def test_commands_named_in_text_exist(readme: str, app: Flask) -> None:
    known = {" ".join(path) for path in walk(app.cli, ())}
    text = readme + (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")
    for line in re.findall(r"flask --app app ([a-z][a-z -]*)", text):
        assert any(line.startswith(command) for command in known), line


def test_public_addresses_are_documented(readme: str, filled: Installation, app: Flask) -> None:
    documented = set(re.findall(r"`(/[^`]*)`", section(readme, "Public addresses")))
    files = {address_of(path) for path in published(filled)}
    doors = {str(rule) for rule in app.url_map.iter_rules() if not str(rule).startswith(NOT_PUBLIC)}
    live = {re.sub(r"<(?:\w+:)?(\w+)>", lambda m: m[1].upper(), rule) for rule in doors}
    assert documented - {"/admin/"} == files | live


def published(installation: Installation) -> Iterator[str]:
    folder = installation.settings.public_folder
    for path in folder.rglob("*"):
        name = path.relative_to(folder).as_posix()
        hidden = name.startswith(("static/", ".")) and not name.startswith(".well-known/")
        if path.is_file() and path.suffix not in (".gz", ".br") and not hidden and name != "404.html":
            yield name


def address_of(path: str) -> str:
    address = "/" + path.removesuffix(".html")
    for pattern, name in SAMPLES:
        address = re.sub(pattern, name, address)
    return "/" if address == "/index" else address


def test_documented_addresses_answer(readme: str, filled: Installation) -> None:
    client = create_app(filled).test_client()
    real = {address_of(path): "/" + path.removesuffix(".html") for path in published(filled)}
    for address in re.findall(r"`(/[^`]*)`", section(readme, "Public addresses")):
        if "TOKEN" in address or "LANG" in address or address in ("/admin/", "/metrics", "/readyz"):
            continue
        path = "/" if address == "/" else real.get(address, address)
        assert client.get(path).status_code == 200, path


@pytest.mark.parametrize("page", PAGES)
def test_relative_links_lead_somewhere(page: str) -> None:
    text = (ROOT / page).read_text(encoding="utf-8")
    for target in re.findall(r"\]\(([^)#][^)]*)\)", text):
        if not target.startswith(("http://", "https://")):
            assert (ROOT / target.split("#")[0]).exists(), target
    headings = {anchor(title) for title in re.findall(r"^#+ (.+)$", text, re.MULTILINE)}
    assert set(re.findall(r"\]\(#([^)]+)\)", text)) <= headings


def anchor(title: str) -> str:
    return re.sub(r"[^\w\- ]", "", title.lower()).replace(" ", "-")


@pytest.mark.parametrize("page", PAGES)
def test_make_targets_exist(page: str) -> None:
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    targets = set(re.findall(r"^([a-z]+):", makefile, re.MULTILINE))
    named = re.findall(r"(?:`|\$ |=\d+ )make ([a-z]+)", (ROOT / page).read_text(encoding="utf-8"))
    assert set(named) <= targets


@pytest.mark.parametrize("page", ["ARCHITECTURE.md", "CONTRIBUTING.md"])
def test_files_named_exist(page: str) -> None:
    text = (ROOT / page).read_text(encoding="utf-8")
    for name in re.findall(r"`((?:statuspage|templates|tests|deploy|static)/[\w/.-]+)`", text):
        assert (ROOT / name).exists(), name


def test_functions_of_the_story_exist() -> None:
    story = (ROOT / "ARCHITECTURE.md").read_text(encoding="utf-8").split("## The story")[1].split("```")[1]
    source = "\n".join(path.read_text(encoding="utf-8") for path in (ROOT / "statuspage").rglob("*.py"))
    for name in set(re.findall(r"[\w.]*\b([a-z_]{5,})\(", story)) - {"nudge"}:
        assert f"def {name}(" in source, name


def test_screenshot_is_light() -> None:
    assert (ROOT / "docs" / "screenshot.png").stat().st_size < 200_000
