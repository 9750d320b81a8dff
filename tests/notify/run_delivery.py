"""A worker that does nothing but deliver, to be killed: `python run_delivery.py INSTANCE PORT SECONDS_AHEAD`.

Its clock runs ahead by the given seconds, so that a test need not wait for the leases of the one killed before.
"""

from __future__ import annotations

import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path

from statuspage.changes import open_installation
from statuspage.notify.delivery import deliver_due
from statuspage.notify.mailing import MAIL
from statuspage.settings import Settings

if __name__ == "__main__":
    instance, port, ahead = Path(sys.argv[1]), int(sys.argv[2]), timedelta(seconds=float(sys.argv[3]))
    settings = Settings(
        statuspage_instance=instance,
        statuspage_url="https://status.example.com",
        mail_server="127.0.0.1",
        mail_port=port,
    )
    deliver_due(open_installation(settings), lambda: datetime.now(UTC) + ahead, MAIL, budget=timedelta(minutes=5))
