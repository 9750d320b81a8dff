"""The ground that outages happen on."""

from __future__ import annotations

from datetime import datetime

import pytest

from statuspage.changes import Installation
from tests.detections.ground import Ground


@pytest.fixture
def ground(installation: Installation, now: datetime) -> Ground:
    return Ground(installation, now)
