"""One story for each preset: tell("cm-com")."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest

from statuspage.changes import Installation, open_installation
from statuspage.components import ensure_page
from statuspage.db import Base
from statuspage.settings import Settings
from tests.presets.story import BEGAN, Told

Tell = Callable[[str], Told]


@pytest.fixture
def tell(settings: Settings) -> Iterator[Tell]:
    """A function that begins a story under a preset, with one subscriber: tell("cm-com")."""
    opened: list[Installation] = []

    def begin(preset: str) -> Told:
        folder = settings.statuspage_instance / preset
        folder.mkdir(parents=True)
        chosen = settings.model_copy(update={"statuspage_policy": preset, "statuspage_instance": folder})
        installation = open_installation(chosen)
        opened.append(installation)
        Base.metadata.create_all(installation.database.engine)
        with installation.database.write() as session:
            ensure_page(session, BEGAN)
        story = Told(installation)
        story.subscribe("ann@example.com")
        return story

    yield begin
    for installation in opened:
        installation.database.dispose()
