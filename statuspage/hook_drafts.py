"""What outside monitors hand in, as small checked values: the generic alert, and Alertmanager's webhook (version 4).

Alertmanager's own shape grows with its versions, so what it holds beside the fields read here is passed over; the
generic shape is ours, and an unknown field of it is an error.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import datetime
from typing import Annotated, Any, Literal, Self

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationError, model_validator

from statuspage.drafts import Draft, Instant, Line, Slug, problems_of
from statuspage.errors import Problem, Refused
from statuspage.identifiers import digest

MOST_ALERTS = 10_000
TITLE, WORDS, SEVERITY, FINGERPRINT = 255, 1000, 40, 255
_STATUSES = {"down": "firing", "alerting": "firing", "up": "resolved", "ok": "resolved"}
_SLUG = re.compile(r"[a-z0-9][a-z0-9-]{0,79}")
_UNSEEN = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069]")


class HookDraft(Draft):
    """A new hook. One with a component speaks of that component alone."""

    name: Line
    kind: Literal["alertmanager", "alert", "bounces"]
    component: Slug | None = None


class AlertDraft(BaseModel):
    """One alert, whoever sent it. Without `starts_at` it is the one of this fingerprint that fires, or a new one."""

    model_config = ConfigDict(frozen=True)

    fingerprint: str
    resolved: bool
    starts_at: datetime | None
    ends_at: datetime | None = None
    title: str
    words: str = ""
    severity: str | None = None
    component: str | None = None


def _common_words(value: Any) -> Any:
    """Monitors that cannot be told to say firing say Down."""
    return _STATUSES.get(value.lower(), value) if isinstance(value, str) else value


class GenericAlert(Draft):
    """The generic shape. `key` tells alerts apart; `title` is needed while the alert is firing."""

    status: Annotated[Literal["firing", "resolved"], BeforeValidator(_common_words)]
    key: Line
    title: Line | None = None
    description: Annotated[str, Field(max_length=10_000)] = ""
    component: Slug | None = None
    severity: Annotated[str, Field(max_length=SEVERITY)] | None = None
    started_at: Instant | None = None
    ended_at: Instant | None = None

    @model_validator(mode="after")
    def check_firing(self) -> Self:
        if self.status == "firing" and self.title is None:
            raise ValueError("title: must be given while the alert is firing")
        if self.status == "firing" and self.ended_at is not None:
            raise ValueError("ended_at: only what is resolved has ended")
        if self.started_at and self.ended_at and self.ended_at < self.started_at:
            raise ValueError("ended_at: must not be before started_at")
        return self

    def draft(self) -> AlertDraft:
        """What it says."""
        return AlertDraft(
            fingerprint=self.key,
            resolved=self.status == "resolved",
            starts_at=self.started_at,
            ends_at=self.ended_at,
            title=self.title or self.key,
            words=_cleaned(self.description, WORDS),
            severity=_cleaned(self.severity or "", SEVERITY) or None,
            component=self.component,
        )


def _zero_is_none(value: Any) -> Any:
    """Go writes the time that is not set as 0001-01-01T00:00:00Z."""
    return None if isinstance(value, str) and value.startswith("0001-") else value


def _none_is_empty(value: Any) -> Any:
    return {} if value is None else value


_Texts = Annotated[dict[str, str], BeforeValidator(_none_is_empty)]


class _Alert(BaseModel):
    """One of Alertmanager's alerts: https://prometheus.io/docs/alerting/latest/configuration/#webhook_config"""

    model_config = ConfigDict(frozen=True, strict=True)

    status: Literal["firing", "resolved"]
    labels: _Texts = {}
    annotations: _Texts = {}
    startsAt: Instant
    endsAt: Annotated[Instant | None, BeforeValidator(_zero_is_none)] = None
    fingerprint: Annotated[str, Field(max_length=FINGERPRINT)] = ""

    def draft(self) -> AlertDraft:
        """What it says; what is resolved may come without its annotations."""
        name = self.labels.get("alertname", "")
        title = self.annotations.get("summary") or self.annotations.get("title") or name
        words = self.annotations.get("description") or self.annotations.get("message") or ""
        component = self.labels.get("component", "")
        return AlertDraft(
            fingerprint=self.fingerprint or digest(repr(sorted(self.labels.items()))),
            resolved=self.status == "resolved",
            starts_at=self.startsAt,
            ends_at=self.endsAt if self.status == "resolved" else None,
            title=_cleaned(title.replace("\n", " "), TITLE) or "Alert",
            words=_cleaned(words, WORDS),
            severity=_cleaned(self.labels.get("severity", ""), SEVERITY) or None,
            component=component if _SLUG.fullmatch(component) else None,
        )


class _Post(BaseModel):
    model_config = ConfigDict(frozen=True, strict=True)

    version: Literal["4", "1"]
    """Alertmanager's, and that of Grafana, which is the same as far as it is read."""
    alerts: Annotated[list[_Alert], Field(max_length=MOST_ALERTS)]


def read_alertmanager(values: dict[str, Any]) -> list[AlertDraft]:
    """The alerts of one post of Alertmanager. Raises Refused, one Problem per field, twenty at most."""
    try:
        post = _Post.model_validate(values)
    except ValidationError as error:
        raise Refused(problems_of(error)[:20]) from None
    return [alert.draft() for alert in post.alerts]


def read_alert(values: dict[str, Any]) -> list[AlertDraft]:
    """The one alert of the generic shape. Raises Refused, one Problem per field."""
    try:
        return [GenericAlert.model_validate(values).draft()]
    except ValidationError as error:
        raise Refused(problems_of(error)) from None


def check_component(drafts: Sequence[AlertDraft], known: set[str]) -> None:
    """Whether the generic shape names a component that is there. Raises Refused."""
    unknown = [draft.component for draft in drafts if draft.component and draft.component not in known]
    if unknown:
        raise Refused(Problem("component", f"there is no component {unknown[0]!r}"))


def _cleaned(text: str, most: int) -> str:
    """Another machine's text without what nobody could see; cut, because refusing an alert would help nobody."""
    return _UNSEEN.sub("", text).strip()[:most]
