"""A monitor as the prober needs it: its settings read once, lengths in seconds, so that a check computes nothing."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from statuspage.monitor_drafts import length_of

WARNED_BEFORE = "14d"
"""How long before a certificate ends we say so, where the monitor does not."""


@dataclass(frozen=True, slots=True)
class Aim:
    """What is checked, how often (seconds), how long it may take (seconds), and what must be found."""

    id: str
    kind: str
    target: str
    every: float
    timeout: float
    slow_ms: int | None
    settings: Mapping[str, Any]
    """The keys of the kind, as site.toml writes them."""
    certificate_days: int

    @property
    def host_port(self) -> tuple[str, int]:
        """The two halves of a target HOST:PORT."""
        host, _, port = self.target.rpartition(":")
        return host.strip("[]"), int(port)


def aim_of(monitor_id: str, settings: Mapping[str, Any]) -> Aim:
    """The aim of a stored monitor. Raises ValueError and KeyError for settings that no door would have taken."""
    latency = settings.get("latency")
    return Aim(
        monitor_id,
        settings["kind"],
        settings.get("target") or "",
        length_of(settings.get("every") or "30s").total_seconds(),
        length_of(settings.get("timeout") or "5s").total_seconds(),
        round(length_of(latency).total_seconds() * 1000) if latency else None,
        dict(settings),
        length_of(settings.get("certificate_warning") or WARNED_BEFORE).days,
    )


def seconds_text(seconds: float) -> str:
    """5.0 -> "5 s", 0.5 -> "500 ms"."""
    return f"{round(seconds * 1000)} ms" if seconds < 1 else f"{seconds:g} s"
