"""Being written."""

from collections.abc import Iterator

from statuspage.publishing.snapshot import Snapshot


def render_calendar(snapshot: Snapshot) -> Iterator[tuple[str, bytes]]:
    yield from ()
