"""`make demo`: an instance filled with the demo's company, its mail caught in a folder, then the page itself."""

from __future__ import annotations

import os
import re
import socket
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path

from statuspage.changes import open_installation, site_change
from statuspage.demo import company
from statuspage.demo.filling import fill
from statuspage.demo.measured import aim_at
from statuspage.domain.sla.policy import PolicyError
from statuspage.instance import bring_up_to_date
from statuspage.migrations import DatabaseTooNew
from statuspage.settings import ROOT, SettingsError, read_settings


def main() -> int:
    """Fill the instance if it is empty, catch mail unless a server is set, then become the page."""
    try:
        settle_port()
        os.environ.setdefault("PROBE_ALLOW_PRIVATE", "127.0.0.1/32")  # its monitors watch this very page
        folder = prepare(datetime.now(UTC))
    except (SettingsError, PolicyError, DatabaseTooNew) as error:
        print(f"statuspage: {error}", file=sys.stderr)
        return 2
    if not os.environ.get("MAIL_SERVER"):
        os.environ |= {"MAIL_SERVER": "127.0.0.1", "MAIL_PORT": str(start_mail_sink(folder / "mail"))}
        print(f"Mail is delivered to nobody; it is kept in {folder / 'mail'}", flush=True)
    return os.execv(sys.executable, [sys.executable, str(ROOT / "app.py")])  # noqa: S606  our own program


def prepare(now: datetime) -> Path:
    """Bring the instance up to date and fill it; its folder."""
    installation = open_installation(read_settings())
    try:
        bring_up_to_date(installation, now)
        if not fill(installation, now):
            with site_change(installation, now, author=company.OPERATOR) as change:
                aim_at(change.session, installation.settings.local_url, now)
    finally:
        installation.database.dispose()
    return installation.settings.instance


def settle_port() -> None:
    """Where any free port will do, choose it here: the monitors must know it."""
    if os.environ.get("PORT") == "0":
        with socket.create_server(("127.0.0.1", 0)) as found:
            os.environ["PORT"] = str(found.getsockname()[1])


def start_mail_sink(folder: Path) -> int:
    """Start the mailbox beside us, to end when we end; its port."""
    options = ["--quiet", "--with-parent", "--port", "0", "--folder", str(folder)]
    command = [sys.executable, "-m", "statuspage.demo.mail_sink", *options]
    sink = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True)  # noqa: S603  our own program
    assert sink.stdout
    found = re.search(r":(\d+)", sink.stdout.readline())
    if found is None:
        raise SettingsError("the mail sink did not start")
    return int(found[1])


if __name__ == "__main__":
    raise SystemExit(main())
