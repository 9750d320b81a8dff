"""The ways of telling people: one line each. A new one is a neighbour to copy, and a line here."""

from __future__ import annotations

from statuspage.notify.channel import Channel
from statuspage.notify.hooking import HOOK_REQUESTS, HOOKS
from statuspage.notify.mailing import MAIL, REQUESTS

CHANNELS: tuple[Channel, ...] = (MAIL, REQUESTS, HOOKS, HOOK_REQUESTS)
"""The worker serves each in a thread of its own: none holds up another."""
