"""flask import cachet and uptime-kuma."""

from __future__ import annotations

import json
from pathlib import Path

from tests.cli.conftest import Flask_
from tests.importing.test_databases import KUMA, database


def test_commands_count_before_they_store(flask: Flask_, tmp_path: Path) -> None:
    file = database(tmp_path, KUMA)
    dry = flask("import", "uptime-kuma", file, "--dry-run")
    assert ("components: 1 created" in dry.stdout, "Nothing was stored." in dry.stdout) == (True, True)
    assert json.loads(flask("incident", "list", "--json").stdout) == []
    done = json.loads(flask("import", "uptime-kuma", file, "--json").stdout)
    assert (done["incidents"]["created"], sum(done["left_out"].values())) == (1, 1)
    assert "0 created" in flask("import", "uptime-kuma", file).stdout
    assert "no table incidents" in flask("import", "cachet", file, code=2).stderr
    assert "timezone" in flask("import", "cachet", file, "--timezone", "Mars", code=2).stderr
