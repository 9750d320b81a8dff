"""Puts rendered bytes on disk so that a reader sees each file old or new, never half.

All new files are staged beside their targets and synced before the first one is renamed: a full disk is found
while nothing has changed yet, and a power cut cannot leave an empty file behind a finished rename. Compressed
siblings (.gz, .br) go first, so that a plain file that is up to date proves that its siblings are.
"""

from __future__ import annotations

import ctypes
import gzip
import os
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import brotli

COMPRESSED = frozenset([".html", ".json", ".atom", ".rss", ".xml", ".ics", ".svg", ".txt", ".css", ".js", ".mjs"])
SIBLINGS = (".br", ".gz")
STAGED = ".staged-"
"""Prefix of files that are not in place yet; whoever publishes next may delete them."""

_QUALITIES = ((16 * 1024, 5, 6), (256 * 1024, 4, 4), (1024 * 1024, 3, 2))
_HASTE = (1, 1)
"""Up to how many bytes brotli has which quality and gzip which level, and what both have of larger files: a post
waits for its compression. Measured on pages: from 4 to 5 a file becomes a tenth smaller and takes twice as long."""
_SYNC_THREADS = 8
_SYNC_EACH = 1000
"""More files than that are not flushed one by one: a full build has hundreds of thousands."""
_C_LIBRARY = ctypes.CDLL(None, use_errno=True)


@dataclass(frozen=True)
class _Staged:
    target: Path
    temporary: Path
    place: Any = None


def write_files(
    folder: Path,
    files: Iterable[tuple[str, bytes]],
    *,
    place_of: Callable[[str], Any] | None = None,
    lasting: bool = True,
) -> frozenset[str]:
    """Write each (relative path, bytes) that differs from what is there; returns the paths that were written.

    Files are staged as they come, so that very many need no memory, and appear by their place, else as given.
    Raises OSError; then no target has changed unless a rename itself failed. What need not be `lasting` may be the
    old version again after a power cut, never half of one.
    """
    staged: list[_Staged] = []
    written: set[str] = set()
    try:
        for path, content in files:
            new = _stage(folder / path, content, place_of(path) if place_of else None)
            staged += new
            if new:
                written.add(path)
        if place_of is not None:
            staged.sort(key=lambda file: file.place)
        _sync_files([file.temporary for file in staged])
        for file in staged:
            _date_apart(file)
            file.temporary.replace(file.target)
        if lasting:
            _sync_folders({file.target.parent for file in staged})
    finally:
        for file in staged:
            with suppress(OSError):
                file.temporary.unlink(missing_ok=True)
    return frozenset(written)


def remove_others(folder: Path, keep: Iterable[str]) -> int:
    """Delete every published file that is not among `keep` (relative paths), and what a crash left staged.

    Dot files at the top (the marker) stay. Returns how many were deleted.
    """
    kept = {folder / path for path in keep}
    kept |= {Path(f"{path}{suffix}") for path in kept for suffix in SIBLINGS}
    removed = 0
    for path in sorted(folder.rglob("*"), reverse=True):
        if path.is_dir() and not path.is_symlink():
            with suppress(OSError):
                path.rmdir()  # fails while it holds something
        elif path not in kept and (path.parent != folder or not path.name.startswith(".") or is_staged(path)):
            path.unlink(missing_ok=True)
            removed += 1
    return removed


def remove_files(folder: Path, paths: Iterable[str]) -> int:
    """Delete the files with these relative paths, and their siblings. Returns how many there were."""
    removed = 0
    for target in [folder / path for path in paths]:
        removed += target.exists()
        for path in (target, *(_sibling(target, suffix) for suffix in SIBLINGS)):
            path.unlink(missing_ok=True)
    return removed


def is_staged(path: Path) -> bool:
    """Whether the file is one that was never moved into place."""
    return path.name.startswith(STAGED)


def _stage(target: Path, content: bytes, place: Any) -> list[_Staged]:
    """Temporary files for a target and its siblings; none when the target holds these bytes already."""
    compressed = target.suffix in COMPRESSED
    if _holds(target, content) and (not compressed or all(_sibling(target, s).exists() for s in SIBLINGS)):
        return []
    target.parent.mkdir(parents=True, exist_ok=True)
    parts = [(target, content)]
    if compressed:
        brotli_quality, gzip_level = _effort(len(content))
        parts = [
            (_sibling(target, ".br"), brotli.compress(content, quality=brotli_quality)),
            (_sibling(target, ".gz"), gzip.compress(content, gzip_level, mtime=0)),
            *parts,
        ]
    staged: list[_Staged] = []
    try:
        for path, data in parts:
            staged.append(_Staged(path, path.with_name(f"{STAGED}{os.getpid()}-{path.name}"), place))
            staged[-1].temporary.write_bytes(data)
    except OSError:
        for file in staged:
            file.temporary.unlink(missing_ok=True)
        raise
    return staged


def _effort(size: int) -> tuple[int, int]:
    """Brotli's quality and gzip's level for so many bytes."""
    return next(((quality, level) for most, quality, level in _QUALITIES if size <= most), _HASTE)


def _date_apart(file: _Staged) -> None:
    """Static servers tell versions by the second of a file's date (Last-Modified; nginx's ETag, with the length).
    What replaces a file within its second is dated one later, else who asks again is told that nothing changed."""
    with suppress(FileNotFoundError):
        before = int(file.target.stat().st_mtime)
        if int(file.temporary.stat().st_mtime) <= before:
            os.utime(file.temporary, (before + 1, before + 1))


def _holds(path: Path, content: bytes) -> bool:
    try:
        return path.stat().st_size == len(content) and path.read_bytes() == content
    except FileNotFoundError:
        return False


def _sibling(path: Path, suffix: str) -> Path:
    return path.with_name(path.name + suffix)


def _sync_files(paths: list[Path]) -> None:
    """Flush the files to the disk, several at a time: the file system joins them into few commits; very many by one
    flush of the whole file system, where there is one."""
    if len(paths) > _SYNC_EACH and _sync_file_system(paths[0]):
        return
    if paths:
        with ThreadPoolExecutor(min(_SYNC_THREADS, len(paths))) as threads:
            list(threads.map(_sync, paths))


def _sync_file_system(path: Path) -> bool:
    """Flush all that is written to the file system of this file (syncfs(2) of Linux). Whether that could be done."""
    if not hasattr(_C_LIBRARY, "syncfs"):
        return False
    descriptor = os.open(path, os.O_RDONLY)
    try:
        if _C_LIBRARY.syncfs(descriptor) != 0:
            number = ctypes.get_errno()
            raise OSError(number, os.strerror(number), str(path))
    finally:
        os.close(descriptor)
    return True


def _sync_folders(folders: Iterable[Path]) -> None:
    for folder in sorted(folders):
        _sync(folder)


def _sync(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
