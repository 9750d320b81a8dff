"""A monitor as the prober needs it: its settings read once, lengths in seconds, so that a check computes nothing."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from statuspage.monitor_drafts import WARNED_BEFORE, length_of
from statuspage.reaching import written_address


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
    host: str
    is_local: bool
    """On this machine: no network is needed to reach it."""

    @property
    def host_port(self) -> tuple[str, int]:
        """The two halves of a target HOST:PORT."""
        host, _, port = self.target.rpartition(":")
        return host.strip("[]"), int(port)


def aim_of(monitor_id: str, settings: Mapping[str, Any]) -> Aim:
    """The aim of a stored monitor. Raises ValueError and KeyError for settings that no door would have taken."""
    latency, target = settings.get("latency"), settings.get("target") or ""
    host = _host_of(settings["kind"], target)
    return Aim(
        monitor_id,
        settings["kind"],
        target,
        length_of(settings.get("every") or "30s").total_seconds(),
        length_of(settings.get("timeout") or "5s").total_seconds(),
        round(length_of(latency).total_seconds() * 1000) if latency else None,
        dict(settings),
        length_of(settings.get("certificate_warning") or WARNED_BEFORE).days,
        host,
        _is_local(host),
    )


def _host_of(kind: str, target: str) -> str:
    if kind == "http":
        return urlsplit(target).hostname or target
    return target.rpartition(":")[0].strip("[]") if kind in ("tcp", "tls") else target


def _is_local(host: str) -> bool:
    address = written_address(host)
    if address is None:
        return host.rstrip(".").lower() == "localhost" or host.lower().endswith(".localhost")
    return address.is_loopback


def seconds_text(seconds: float) -> str:
    """5.0 -> "5 s", 0.5 -> "500 ms"."""
    return f"{round(seconds * 1000)} ms" if seconds < 1 else f"{seconds:g} s"
