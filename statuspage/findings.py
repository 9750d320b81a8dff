"""One thing that was looked at in a set-up, as `flask check` says it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import Literal

Verdict = Literal["ok", "hint", "wrong"]


@dataclass(frozen=True)
class Finding:
    """`wrong` needs somebody, `hint` is advice; `todo` is empty where it is as it should be."""

    name: str
    verdict: Verdict
    said: str
    todo: str = ""


def in_short(span: timedelta) -> str:
    """A length of time in a word or two."""
    seconds = int(span.total_seconds())
    return f"{seconds} s" if seconds < 120 else f"{seconds // 60} min" if seconds < 7200 else f"{seconds // 3600} h"


def one_line(error: Exception) -> str:
    """What an error says, in one line that is not too long."""
    return " ".join(str(error).split())[:200] or type(error).__name__
