"""Addresses of webhooks and chats as people hand them in: checked before anything is stored, long before the first
message shows whether anybody is there."""

from __future__ import annotations

from urllib.parse import SplitResult, urlsplit

from statuspage.addresses import Address, check_web_address
from statuspage.errors import Problem, Refused
from statuspage.notify.chats.listing import CHATS
from statuspage.reaching import may_reach, written_address

WEBHOOK = "webhook"
HOOK_CHANNELS = (WEBHOOK, *CHATS)
"""Values of Subscriber.channel and Delivery.channel that are addresses to post to."""
LONGEST = 500


def read_hook_address(channel: str, text: str, *, by_operator: bool) -> Address:
    """The address as it is posted to and compared. Raises Refused naming the channel.

    Strangers give a public host, and for a chat one of the service itself; operators may use others (a proxy, an
    address in PROBE_ALLOW_PRIVATE), which is judged when it is posted to.
    """
    text = text.strip()
    try:
        parts = _check(check_web_address(text), text)
        if not by_operator:
            _check_strangers(channel, parts)
    except ValueError as error:
        raise Refused(Problem(channel, str(error))) from None
    address = parts._replace(fragment="").geturl()
    return Address(channel, address, parts._replace(fragment="", netloc=parts.netloc.lower()).geturl())


def _check(checked: str, text: str) -> SplitResult:
    parts = urlsplit(checked)
    if "@" in parts.netloc:
        raise ValueError("must not hold a name or password")
    if len(text) > LONGEST:
        raise ValueError(f"must not be longer than {LONGEST} characters")
    if parts.port is not None and not 0 < parts.port < 65536:
        raise ValueError("must be an http(s) URL")
    return parts


def _check_strangers(channel: str, parts: SplitResult) -> None:
    host = (parts.hostname or "").removesuffix(".")
    written = written_address(host)
    if (written is not None and not may_reach(written)) or host == "localhost" or host.endswith(".localhost"):
        raise ValueError("must lead to a public address")
    if channel not in CHATS:
        return
    if parts.scheme != "https":
        raise ValueError("must begin with https://")
    hosts = CHATS[channel].hosts
    if hosts and not any(host == each or (each[0] == "." and host.endswith(each)) for each in hosts):
        raise ValueError(f"is not an address of {CHATS[channel].label} (such as {hosts[0].removeprefix('.')})")
