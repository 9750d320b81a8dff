"""Maintenance of the invented company: done, done in a hurry, and announced."""

from __future__ import annotations

from typing import NamedTuple


class Work(NamedTuple):
    """One maintenance. Days count from today, back where negative; clocks are those of the page's zone."""

    title: str
    announced_on: int
    day: int
    begins: str
    minutes: int
    components: tuple[str, ...]
    body: str
    started: str = "We have begun."
    finished: str = "Done, everything works as before."
    finished_early: int = 0


PAST = (
    Work(
        "New disks for the payment databases",
        -93,
        -75,
        "04:00",
        90,
        ("payouts", "dashboard"),
        "The databases behind payouts and reports move to faster disks. Payments go on; reports and payouts pause.",
        "Reports and payouts pause now.",
        "The databases run on the new disks. Reports and payouts are back.",
        17,
    ),
    Work(
        "Network upgrade in our Frankfurt data centre",
        -55,
        -38,
        "23:00",
        120,
        ("sip-trunks", "numbers"),
        "Two routers are replaced. Calls in progress may drop once; new calls take the other data centre.",
        "The first router is out of service; calls take Amsterdam.",
        "Both routers are in service.",
        25,
    ),
    Work(
        "Replacing a failing storage controller",
        -17,
        -15,
        "05:30",
        60,
        ("recording",),
        "A controller reports errors and is replaced before it fails. Recordings made meanwhile appear afterwards.",
        "Recordings are being held back.",
        "The controller is replaced and all recordings are there.",
        8,
    ),
)
"""The last one had two days' notice: an emergency by the policy."""

COMING = Work(
    "Dashboard and API move to new servers",
    -2,
    16,
    "04:00",
    120,
    ("dashboard", "api"),
    "The dashboard is away for up to an hour, and calls to the REST API may take a second longer. "
    "Messages, calls and payments go on.",
)
