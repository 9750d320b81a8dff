"""Reads a published folder back."""

from __future__ import annotations

from pathlib import Path

from statuspage.publishing.files import SIBLINGS
from statuspage.publishing.marker import MARKER


def published(folder: Path) -> dict[str, bytes]:
    """Path -> bytes of every published file, without compressed siblings and the marker."""
    return {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in sorted(folder.rglob("*"))
        if path.is_file() and path.suffix not in SIBLINGS and path.name != MARKER
    }
