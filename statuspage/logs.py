"""Logs: one JSON object per line on standard error, with a request id, without addresses or tokens."""

from __future__ import annotations

import logging
import re
import sys
from collections.abc import MutableMapping
from typing import Any

import structlog

MAIL_ADDRESS = re.compile(r"[^\s@<>\"',;:]+@[^\s@<>\"',;:]+\.[^\s@<>\"',;:]+")
SECRET_PATH = re.compile(r"/(confirm|manage|unsubscribe|heartbeat|hooks/\w+|admin/set-?up|admin/invitation)/[\w.~-]+")
BEARER = re.compile(r"(?i)bearer\s+[\w.~+/=-]+")
URL_PASSWORD = re.compile(r"(://[^:/@\s]*):[^@/\s]+@")


def configure(level: str) -> None:
    """Send structlog's and the standard library's records to standard error as JSON lines, from `level` up."""
    shared: list[Any] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        structlog.processors.format_exc_info,
        redact,
    ]
    structlog.configure(
        processors=[
            structlog.stdlib.filter_by_level,
            *shared,
            structlog.stdlib.ProcessorFormatter.wrap_for_formatter,
        ],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
        cache_logger_on_first_use=True,
    )
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            processors=[
                structlog.stdlib.ProcessorFormatter.remove_processors_meta,
                structlog.processors.JSONRenderer(),
            ],
            foreign_pre_chain=shared,
        )
    )
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(level.upper())
    for chatty in ("huey", "huey.consumer", "alembic", "_granian", "granian", "httpx2", "httpcore2"):
        logging.getLogger(chatty).setLevel(max(logging.WARNING, logging.getLevelName(level.upper())))


def redact(_logger: Any, _name: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    """Replace mail addresses, link tokens, bearer tokens and passwords in URLs wherever they stand in a record."""
    for key, value in event.items():
        if isinstance(value, str):
            event[key] = clean(value)
    return event


def clean(text: str) -> str:
    """`text` without mail addresses and secrets."""
    text = URL_PASSWORD.sub(r"\1:…@", text)
    text = SECRET_PATH.sub(r"/\1/…", text)
    text = BEARER.sub("Bearer …", text)
    return MAIL_ADDRESS.sub("…@…", text)
