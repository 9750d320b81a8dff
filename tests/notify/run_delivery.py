"""Workers that do nothing but deliver mail, to be killed: the instance is that of the environment.

For each line on standard input, a number of seconds, a process is forked whose clock runs ahead by so many, so that
a test need not wait for the leases of the one killed before. Prints its process id, then how it ended.
"""

from __future__ import annotations

import os
import sys
from datetime import UTC, datetime, timedelta

from statuspage.changes import open_installation
from statuspage.notify.delivery import deliver_due
from statuspage.notify.mailing import MAIL
from statuspage.settings import read_settings


def deliver(ahead: timedelta) -> None:
    deliver_due(
        open_installation(read_settings()), lambda: datetime.now(UTC) + ahead, MAIL, budget=timedelta(minutes=5)
    )


if __name__ == "__main__":
    for line in sys.stdin:
        pid = os.fork()
        if pid == 0:
            deliver(timedelta(seconds=float(line)))
            os._exit(0)
        print(pid, flush=True)
        print(os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]), flush=True)
