"""What a monitor measures and how it is judged, as site.toml, form and API say it; one check for all doors."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import timedelta
from functools import lru_cache
from typing import Annotated, Any, Literal, Self
from urllib.parse import urlsplit

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, model_validator

from statuspage.domain.health import Thresholds
from statuspage.drafts import Line, check_line

Kind = Literal["http", "tcp", "dns", "tls", "heartbeat"]
Method = Literal["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"]
Record = Literal["A", "AAAA", "CAA", "CNAME", "MX", "NS", "PTR", "SOA", "SRV", "TXT"]

KEPT = "(kept)"
"""Stands for a header's value where it is shown or exported; given back it means: as it is."""
_OPEN_HEADERS = frozenset({"accept", "accept-language", "cache-control", "content-type", "user-agent"})
_OURS = frozenset({"connection", "content-length", "transfer-encoding"})
"""What frames a request is not a setting."""
_HOST_PORT = re.compile(r"(\[[0-9A-Fa-f:.]+\]|[^\s:/\[\]]+):([0-9]{1,5})")
_HOST = re.compile(r"[^\s:/\[\]@]+")
_LENGTH = re.compile(r"([1-9][0-9]{0,5})(ms|s|m|h|d)", re.ASCII)
_UNITS = {"ms": "milliseconds", "s": "seconds", "m": "minutes", "h": "hours", "d": "days"}
_HEADER = re.compile(r"[A-Za-z0-9_-]{1,80}", re.ASCII)
_JSON_PATH = re.compile(r"\$?(\.?[A-Za-z0-9_-]+|\[[0-9]{1,4}\])(\.[A-Za-z0-9_-]+|\[[0-9]{1,4}\])*", re.ASCII)
_KEYS_OF: dict[str, frozenset[str]] = {
    "http": frozenset(
        {
            "method",
            "headers",
            "body",
            "follow_redirects",
            "expect_status",
            "expect_body",
            "expect_json",
            "certificate_warning",
            "latency",
        }
    ),
    "tcp": frozenset({"send", "expect", "latency"}),
    "dns": frozenset({"record", "expect_answer", "latency"}),
    "tls": frozenset({"certificate_warning", "latency"}),
    "heartbeat": frozenset({"period", "grace"}),
}
KINDS = tuple(_KEYS_OF)
_OF_SOME = frozenset().union(*_KEYS_OF.values())


def _check_length(text: str) -> str:
    if not _LENGTH.fullmatch(text):
        raise ValueError("must be a length such as 500ms, 30s, 5m, 1h or 14d")
    return text


def _check_path(text: str) -> str:
    if not _JSON_PATH.fullmatch(text):
        raise ValueError("must be a path such as status, $.data.ok or checks[0].state")
    return text


Length = Annotated[str, AfterValidator(_check_length)]
Times = Annotated[int, Field(ge=1, le=100)]
JsonPath = Annotated[str, Field(max_length=200), AfterValidator(_check_path)]
WARNED_BEFORE = "14d"
"""How long before a certificate ends we say so, where the monitor does not."""


class ExpectedJson(BaseModel):
    """A place in a JSON answer and what must stand there; without `value` it must only be there."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)

    path: JsonPath
    value: str | int | float | bool | None = None


class MonitorTable(BaseModel):
    """[[group.component.monitor]]: what is measured, how often, and how many results in a row count."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)

    kind: Kind
    name: Line | None = None
    target: Annotated[Line, Field(max_length=2000)] | None = None
    """A URL (http), HOST:PORT (tcp, tls) or a name (dns); a heartbeat has none."""
    every: Length = "30s"
    timeout: Length = "5s"
    failures: Times = 3
    recoveries: Times = 2
    latency: Length | None = None
    """An answer that takes longer is slow: the component is degraded."""
    method: Method | None = None
    headers: dict[str, Annotated[str, Field(max_length=2000)]] | None = None
    body: Annotated[str, Field(max_length=10_000)] | None = None
    follow_redirects: bool | None = None
    """At most ten, each judged like the target; else a redirect is the answer."""
    expect_status: list[Annotated[int, Field(ge=100, le=599)]] | None = None
    """2xx when absent."""
    expect_body: Annotated[str, Field(min_length=1, max_length=1000)] | None = None
    expect_json: ExpectedJson | None = None
    certificate_warning: Length | None = None
    """How long before its certificate ends the monitor warns the operators."""
    send: Annotated[str, Field(min_length=1, max_length=1000)] | None = None
    """Text for a tcp port, with \\r and \\n for the ends of lines."""
    expect: Annotated[str, Field(min_length=1, max_length=1000)] | None = None
    """What the port must answer, somewhere in its first 64 KiB."""
    record: Record | None = None
    expect_answer: Annotated[str, Field(min_length=1, max_length=500)] | None = None
    period: Length | None = None
    """How often the job calls; a heartbeat that is later than period and grace is down."""
    grace: Length | None = None
    enabled: bool = True

    @model_validator(mode="before")
    @classmethod
    def fill_period(cls, values: Any) -> Any:
        """How often a heartbeat comes may be said as `every` too, as of all other kinds."""
        if isinstance(values, dict) and values.get("kind") == "heartbeat" and "every" in values:
            return {"period": values["every"], **values}
        return values

    @model_validator(mode="after")
    def check_kind(self) -> Self:
        foreign = sorted(key for key in _OF_SOME - _KEYS_OF[self.kind] if getattr(self, key) is not None)
        if foreign:
            raise ValueError(f"{foreign[0]}: is not for kind {self.kind}")
        self._check_target()
        self._check_lengths()
        for name, value in (self.headers or {}).items():
            _check_header(name, value)
        return self

    def _check_target(self) -> None:
        target = self.target or ""
        if self.kind == "heartbeat":
            if target:
                raise ValueError("target: a heartbeat has none: the job calls us")
            if self.period is None:
                raise ValueError("period: is needed for kind heartbeat")
        elif not target:
            raise ValueError(f"target: is needed for kind {self.kind}")
        elif self.kind == "http":
            _check_url(target)
        elif self.kind in ("tcp", "tls"):
            _check_host_port(target)
        elif self.kind == "dns" and not _HOST.fullmatch(target):
            raise ValueError("target: must be a host name")

    def _check_lengths(self) -> None:
        if not timedelta(seconds=10) <= length_of(self.every) <= timedelta(days=1):
            raise ValueError("every: must be from 10s to 1d")
        if not timedelta(milliseconds=100) <= length_of(self.timeout) <= timedelta(seconds=60):
            raise ValueError("timeout: must be from 100ms to 60s")
        if self.latency and length_of(self.latency) >= length_of(self.timeout):
            raise ValueError("latency: must be shorter than the timeout")
        if self.period and not timedelta(seconds=10) <= length_of(self.period) <= timedelta(days=366):
            raise ValueError("period: must be from 10s to 366d")


class MonitorChange(BaseModel):
    """What to change of a monitor; keys that are not given stay, null takes one away. What results is checked as a
    MonitorTable."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)

    kind: Kind | None = None
    name: str | None = None
    target: str | None = None
    every: str | None = None
    timeout: str | None = None
    failures: int | None = None
    recoveries: int | None = None
    latency: str | None = None
    method: Method | None = None
    headers: dict[str, str] | None = None
    body: str | None = None
    follow_redirects: bool | None = None
    expect_status: list[int] | None = None
    expect_body: str | None = None
    expect_json: ExpectedJson | None = None
    send: str | None = None
    expect: str | None = None
    certificate_warning: str | None = None
    record: Record | None = None
    expect_answer: str | None = None
    period: str | None = None
    grace: str | None = None
    enabled: bool | None = None


def keys_of(kind: str) -> frozenset[str]:
    """The keys that are for this kind alone; none for a kind that is not known."""
    return _KEYS_OF.get(kind, frozenset())


def _check_host_port(target: str) -> None:
    found = _HOST_PORT.fullmatch(target)
    if found is None or not 1 <= int(found[2]) <= 65535:
        raise ValueError("target: must be HOST:PORT")


def _check_url(target: str) -> None:
    """A URL that can be asked; a password in it would be shown wherever the target is."""
    try:
        parts = urlsplit(target)
        has_place = bool(parts.hostname) and parts.port != 0
    except ValueError:
        has_place = False
    if not target.startswith(("http://", "https://")) or not has_place or " " in target:
        raise ValueError("target: must be an http(s) URL such as https://api.example.com/health")
    if "@" in parts.netloc:
        raise ValueError("target: must not hold a password, which everybody would read: use an Authorization header")


def _check_header(name: str, value: str) -> None:
    if not _HEADER.fullmatch(name):
        raise ValueError(f"headers: {name!r} is no name of a header")
    if name.lower() in _OURS:
        raise ValueError(f"headers: {name} is set by the prober itself")
    try:
        check_line(value).encode("latin-1")
    except UnicodeEncodeError:
        raise ValueError(f"headers: {name} must hold letters of Latin-1 only") from None
    except ValueError as error:
        raise ValueError(f"headers: {name} {error}") from None


@lru_cache(maxsize=512)
def length_of(text: str) -> timedelta:
    """The length that a text such as 30s or 14d means. Raises ValueError."""
    found = _LENGTH.fullmatch(text)
    if found is None:
        raise ValueError(f"{text!r} is no length such as 500ms, 30s, 5m, 1h or 14d")
    return timedelta(**{_UNITS[found[2]]: int(found[1])})


def thresholds_of(settings: Mapping[str, Any]) -> Thresholds:
    """How results of a monitor with these settings are judged."""
    return _thresholds(
        settings["kind"],
        settings.get("every", "30s"),
        settings.get("timeout", "5s"),
        settings.get("period"),
        settings.get("grace"),
        settings.get("failures", 3),
        settings.get("recoveries", 2),
    )


@lru_cache(maxsize=1024)
def _thresholds(
    kind: str, every: str, timeout: str, period: str | None, grace: str | None, failures: int, recoveries: int
) -> Thresholds:
    """One missed check is no silence yet: the next one may take its interval and its timeout. A heartbeat is judged
    by the call itself and by the one look that finds it late, so one of either changes its status."""
    if kind == "heartbeat":
        quiet = length_of(period or every) + (length_of(grace) if grace else timedelta())
        return Thresholds(1, 1, quiet + timedelta(minutes=1))
    return Thresholds(failures, recoveries, 2 * length_of(every) + length_of(timeout))


def shown_settings(settings: Mapping[str, Any]) -> dict[str, Any]:
    """The settings without secrets: header values that may be one are KEPT."""
    headers = settings.get("headers")
    if not headers:
        return dict(settings)
    open_ = {name: value if name.lower() in _OPEN_HEADERS else KEPT for name, value in headers.items()}
    return {**settings, "headers": open_}


def with_kept_headers(settings: dict[str, Any], before: Mapping[str, Any] | None) -> dict[str, Any]:
    """The settings with KEPT header values filled in from those before. Raises ValueError where there were none."""
    headers = settings.get("headers")
    if not headers or KEPT not in headers.values():
        return settings
    known = {name.lower(): value for name, value in ((before or {}).get("headers") or {}).items()}
    filled = {}
    for name, value in headers.items():
        if value == KEPT and name.lower() not in known:
            raise ValueError(f"headers: {name} has no value that could be kept")
        filled[name] = known[name.lower()] if value == KEPT else value
    return {**settings, "headers": filled}
