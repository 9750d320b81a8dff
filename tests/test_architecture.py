"""The import table of ARCHITECTURE.md, held by walking every module's syntax tree."""

from __future__ import annotations

import ast
import sys
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
PACKAGE = ROOT / "statuspage"
LONGEST_FILE = 400

LAYERS = {
    "domain": ("statuspage.domain",),
    "store": (
        "statuspage.db",
        "statuspage.models",
        "statuspage.postgres",
        "statuspage.history",
        "statuspage.measured",
        "statuspage.readings",
        "statuspage.settled",
        "statuspage.standing",
        "statuspage.unsettling",
    ),
    "migrations": ("statuspage.migrations", "statuspage.append_only"),
    "words": (
        "statuspage.addresses",
        "statuspage.admission",
        "statuspage.amendment_drafts",
        "statuspage.customer_drafts",
        "statuspage.drafts",
        "statuspage.errors",
        "statuspage.hook_drafts",
        "statuspage.identifiers",
        "statuspage.logos",
        "statuspage.look_drafts",
        "statuspage.monitor_drafts",
        "statuspage.notice_drafts",
        "statuspage.reaching",
        "statuspage.settings",
        "statuspage.site_file",
        "statuspage.stylesheets",
        "statuspage.template_drafts",
        "statuspage.timed_drafts",
        "statuspage.work_drafts",
    ),
    "verbs": (
        "statuspage.attempts",
        "statuspage.audit",
        "statuspage.bounces",
        "statuspage.ceremonies",
        "statuspage.claims",
        "statuspage.consent",
        "statuspage.clocks",
        "statuspage.components",
        "statuspage.corrections",
        "statuspage.credit_claims",
        "statuspage.customer_reports",
        "statuspage.customers",
        "statuspage.detection_words",
        "statuspage.detections",
        "statuspage.recoveries",
        "statuspage.exporting",
        "statuspage.extensions",
        "statuspage.hooks",
        "statuspage.identities",
        "statuspage.importing",
        "statuspage.incident_amendments",
        "statuspage.incident_records",
        "statuspage.incidents",
        "statuspage.looks",
        "statuspage.maintenance",
        "statuspage.monitoring",
        "statuspage.monitors",
        "statuspage.notices",
        "statuspage.notify",
        "statuspage.openid",
        "statuspage.passkeys",
        "statuspage.invitations",
        "statuspage.people",
        "statuspage.policy_versions",
        "statuspage.proposals",
        "statuspage.amendments",
        "statuspage.reminders",
        "statuspage.offered_steps",
        "statuspage.report_steps",
        "statuspage.letter_words",
        "statuspage.tongues",
        "statuspage.tracing",
        "statuspage.templates",
        "statuspage.timed_posts",
        "statuspage.unsent",
        "statuspage.unread",
        "statuspage.update_facts",
        "statuspage.site",
        "statuspage.second_factor",
        "statuspage.signins",
        "statuspage.slots",
        "statuspage.subscribers",
        "statuspage.opt_in",
        "statuspage.wishes",
        "statuspage.follows",
        "statuspage.subscriber_csv",
        "statuspage.subscriber_lists",
        "statuspage.personal_data",
        "statuspage.windows",
    ),
    "text": (
        "statuspage.publishing.markup",
        "statuspage.publishing.plaintext",
        "statuspage.publishing.wording",
        "statuspage.translations",
    ),
    "publishing": ("statuspage.publishing",),
    "reports": ("statuspage.reports",),
    "joints": (
        "statuspage.backup",
        "statuspage.checkup",
        "statuspage.checkup_certificate",
        "statuspage.checkup_outside",
        "statuspage.findings",
        "statuspage.changes",
        "statuspage.instance",
        "statuspage.jobs",
        "statuspage.logs",
        "statuspage.measurement",
        "statuspage.mirroring",
        "statuspage.prober",
        "statuspage.processes",
        "statuspage.worker",
    ),
    "doors": ("statuspage.web", "statuspage.cli", "statuspage.demo"),
    "factory": ("statuspage.factory",),
}
"""Every module belongs to the layer whose longest prefix it has."""
GROUND = {"store", "text", "words", "domain"}
MIDDLE = GROUND | {"migrations", "verbs", "publishing", "reports"}
ALLOWED = {
    "domain": {"domain"},
    "words": {"words", "domain"},
    "text": {"text", "domain"},
    "store": {"store", "domain"},
    "migrations": GROUND | {"migrations"},
    "verbs": GROUND | {"verbs"},
    "publishing": GROUND | {"publishing"},
    "reports": GROUND | {"reports"},
    "joints": MIDDLE | {"joints"},
    "doors": MIDDLE | {"joints", "doors"},
    "factory": MIDDLE | {"joints", "doors", "factory"},
}
"""What each layer may import of the package."""
DOMAIN_MAY_USE = {"holidays", "pydantic"}
"""Beside the standard library; pydantic for the policy files."""
FLASK = ("flask", "flask_babel", "flask_mail", "flask_wtf", "wtforms")
FLASK_BELOW_DOORS = {"statuspage.notify.email": "flask_mail", "statuspage.notify.smtp": "flask_mail"}
"""Mail goes out through Flask-Mail, which these wrap; nothing else below the doors knows Flask."""
CLOCK_READERS = (
    "statuspage.web",
    "statuspage.cli",
    "statuspage.demo",
    "statuspage.worker",
    "statuspage.prober",
    "statuspage.mirroring",
)
"""Doors and the worker read the clock and hand it down as `now`."""
CLOCK_CALLS = {("datetime", "now"), ("datetime", "utcnow"), ("date", "today"), ("time", "time")}


@cache
def modules() -> dict[str, ast.Module]:
    """Every module of the package by its dotted name."""
    found = {}
    for path in sorted(PACKAGE.rglob("*.py")):
        parts = path.relative_to(ROOT).with_suffix("").parts
        name = ".".join(parts[:-1] if parts[-1] == "__init__" else parts)
        found[name] = ast.parse(path.read_text(encoding="utf-8"), str(path))
    return found


def layer_of(module: str) -> str | None:
    matches = [
        (len(prefix), layer)
        for layer, prefixes in LAYERS.items()
        for prefix in prefixes
        if module == prefix or module.startswith(prefix + ".")
    ]
    return max(matches)[1] if matches else None


def imported_by(module: str, *, typing_too: bool = True) -> Iterator[str]:
    """Dotted names a module imports; `from package import name` counts as the submodule when there is one."""
    skipped = set() if typing_too else {id(n) for block in _typing_blocks(modules()[module]) for n in ast.walk(block)}
    for node in ast.walk(modules()[module]):
        if id(node) in skipped:
            continue
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{module} imports relatively"
            for alias in node.names:
                full = f"{node.module}.{alias.name}"
                yield full if full in modules() else node.module or ""


def _typing_blocks(tree: ast.Module) -> Iterator[ast.If]:
    for node in tree.body:
        if isinstance(node, ast.If) and isinstance(node.test, ast.Name) and node.test.id == "TYPE_CHECKING":
            yield node


def own_imports(module: str, *, typing_too: bool = True) -> set[str]:
    return {name for name in imported_by(module, typing_too=typing_too) if name.split(".")[0] == "statuspage"}


def test_every_module_has_a_layer() -> None:
    assert [m for m in modules() if m != "statuspage" and layer_of(m) is None] == []


def test_package_itself_imports_nothing() -> None:
    assert list(imported_by("statuspage")) == []


def test_layers_import_downwards_only() -> None:
    wrong = [
        f"{module} ({layer}) imports {name} ({layer_of(name)})"
        for module in modules()
        if (layer := layer_of(module))
        for name in own_imports(module)
        if layer_of(name) not in ALLOWED[layer]
    ]
    assert wrong == []


def test_domain_is_pure() -> None:
    allowed = set(sys.stdlib_module_names) | DOMAIN_MAY_USE | {"statuspage"}
    wrong = [
        f"{module} imports {name}"
        for module in modules()
        if layer_of(module) == "domain"
        for name in imported_by(module)
        if name.split(".")[0] not in allowed
    ]
    assert wrong == []


def test_flask_stays_at_the_doors() -> None:
    wrong = [
        f"{module} imports {name}"
        for module in modules()
        if layer_of(module) not in ("doors", "factory", None)
        for name in imported_by(module)
        if name.split(".")[0] in FLASK and FLASK_BELOW_DOORS.get(module) != name.split(".")[0]
    ]
    assert wrong == []


def test_no_import_cycles() -> None:
    graph = {m: own_imports(m, typing_too=False) & modules().keys() for m in modules()}
    done: set[str] = set()

    def visit(module: str, trail: tuple[str, ...]) -> None:
        assert module not in trail, " -> ".join((*trail[trail.index(module) :], module))
        if module in done:
            return
        for name in sorted(graph[module]):
            visit(name, (*trail, module))
        done.add(module)

    for module in graph:
        visit(module, ())


@pytest.mark.parametrize("kind", [ast.FunctionDef, ast.AsyncFunctionDef])
def test_no_imports_inside_functions(kind: type[ast.AST]) -> None:
    wrong = [
        f"{module}:{node.lineno}"
        for module, tree in modules().items()
        for function in ast.walk(tree)
        if isinstance(function, kind)
        for node in ast.walk(function)
        if isinstance(node, ast.Import | ast.ImportFrom)
    ]
    assert wrong == []


def test_clock_is_read_at_doors_only() -> None:
    wrong = [
        f"{module}:{node.lineno} reads the clock"
        for module, tree in modules().items()
        if not any(module == door or module.startswith(door + ".") for door in CLOCK_READERS)
        for node in ast.walk(tree)
        if isinstance(node, ast.Call) and _called(node) in CLOCK_CALLS
    ]
    assert wrong == []


def _called(call: ast.Call) -> tuple[str, str] | None:
    target = call.func
    if isinstance(target, ast.Attribute) and isinstance(target.value, ast.Name):
        return target.value.id, target.attr
    return None


def test_files_stay_short() -> None:
    paths = [p for p in PACKAGE.rglob("*.py") if "versions" not in p.parts]
    long = {str(p.relative_to(ROOT)): n for p in paths if (n := len(p.read_text().splitlines())) > LONGEST_FILE}
    assert long == {}


def test_every_module_says_what_it_owns() -> None:
    assert [m for m, tree in modules().items() if "versions" not in m and not ast.get_docstring(tree)] == []


def test_no_module_is_a_drawer() -> None:
    drawers = {"utils", "helpers", "repositories", "managers", "common", "misc"}
    assert [m for m in modules() if drawers & set(m.split("."))] == []


def test_architecture_page_names_every_layer() -> None:
    text = (ROOT / "ARCHITECTURE.md").read_text(encoding="utf-8")
    assert [layer for layer in LAYERS if f"\n{layer} " not in text] == []
