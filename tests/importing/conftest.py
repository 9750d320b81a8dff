"""The made-up page in tests/data, and the real one where it lies beside the repository."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture
def lantern() -> dict[str, Any]:
    """A small hosting company's page: two incidents over, one open, a maintenance done and one to come."""
    return read(ROOT / "tests" / "data" / "lantern-page.json")


@pytest.fixture(scope="session")
def real_page() -> dict[str, Any]:
    """Years of a real page; do not change it."""
    folder = Path(os.environ.get("STATUSPAGE_SHARED", ROOT.parent / "shared" / "data"))
    files = sorted(folder.glob("*-status-*.json"))
    if not files:
        pytest.skip("../shared/data is absent")
    return read(files[0])


def read(path: Path) -> dict[str, Any]:
    data: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    return data
