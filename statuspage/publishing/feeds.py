"""Being written."""

from collections.abc import Iterator

from statuspage.publishing.snapshot import Snapshot


def render_feeds(snapshot: Snapshot) -> Iterator[tuple[str, bytes]]:
    yield from ()
