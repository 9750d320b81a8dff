"""A real SMTP server in a process of its own: keeps what it takes in a folder, and misbehaves on demand.

    python smtp_server.py FOLDER

prints its port. Each mail becomes NUMBER.json {from, to, data}. The file FOLDER/fault says how to behave from now
on; the words are those of Faults.
"""

from __future__ import annotations

import asyncio
import json
import sys
from itertools import count
from pathlib import Path
from typing import Any

from aiosmtpd.smtp import SMTP, Envelope, Session


class Keeper:
    """Answers as the fault file says: empty, or one of

    greylist (451 to an address the first time), postgrey SECONDS (451 to a sender and address until so long after
    their first try, by the seconds in the file FOLDER/clock), rcpt4xx, domain4xx DOMAIN (450 to its addresses),
    domainslow DOMAIN SECONDS (before the answer to a mail that goes there), rcpt421, mail4xx, sender (550 to MAIL),
    relay (554 to RCPT), rcpt5xx ADDRESS (550 to that one), data451 (to DATA itself), content5xx (554 to the mail),
    dropdata, dropdot (taken, then the line is cut), slow SECONDS (before the answer to the mail),
    ascii (no SMTPUTF8).
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.numbers = count(1)

    @property
    def fault(self) -> list[str]:
        try:
            return (self.folder / "fault").read_text().split() or [""]
        except FileNotFoundError:
            return [""]

    async def handle_EHLO(
        self, _server: SMTP, session: Session, _envelope: Envelope, hostname: str, responses: list[str]
    ) -> list[str]:
        session.host_name = hostname
        known = [each for each in responses if self.fault != ["ascii"] or "SMTPUTF8" not in each]
        return [*known[:-1], "250-PIPELINING", known[-1]]

    async def handle_MAIL(
        self, _server: SMTP, _session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        match self.fault:
            case ["sender"]:
                return "550 5.7.1 this sender may not send here"
            case ["mail4xx"]:
                return "451 4.3.0 try again later"
        envelope.mail_from = address
        envelope.mail_options.extend(options)
        return "250 OK"

    async def handle_RCPT(
        self, server: SMTP, _session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        match self.fault:
            case ["greylist"] if self._first_try(address, "") == "":
                return "451 4.7.1 greylisted, try again later"
            case ["postgrey", seconds] if not self._passes(envelope.mail_from or "", address, float(seconds)):
                return "450 4.2.0 Recipient address rejected: Greylisted"
            case ["domain4xx", domain] if address.endswith(f"@{domain}"):
                return "450 4.4.1 that domain is not reached"
            case ["rcpt4xx"]:
                return "450 4.2.1 mailbox busy"
            case ["rcpt421"]:
                return "421 4.3.2 shutting down"
            case ["relay"]:
                return "554 5.7.1 Relay access denied"
            case ["rcpt5xx", wrong] if address == wrong:
                return "550 5.1.1 no such user"
        envelope.rcpt_tos.append(address)
        envelope.rcpt_options.extend(options)
        return "250 OK"

    async def handle_DATA(self, server: SMTP, _session: Session, envelope: Envelope) -> str:
        match self.fault:
            case ["content5xx"]:
                return "554 5.6.0 this looks like spam"
            case ["domainslow", domain, seconds] if envelope.rcpt_tos[0].endswith(f"@{domain}"):
                await asyncio.sleep(float(seconds))
            case ["slow", seconds]:
                await asyncio.sleep(float(seconds))
        self._keep(envelope)
        if self.fault == ["dropdot"]:
            cut(server)
        return "250 OK"

    def _passes(self, sender: str, address: str, seconds: float) -> bool:
        """Like postgrey, which strips what senders add to their return path."""
        name, _, host = sender.partition("@")
        clock = (self.folder / "clock").read_text()
        first = self._first_try(f"{name.partition('+')[0]}@{host} {address}", clock) or clock
        return float(clock) - float(first) >= seconds

    def _first_try(self, who: str, clock: str) -> str:
        """Empty for the first, later what the clock said at the first (or that there was one); the test after this
        one empties the folder."""
        path = self.folder / f"tried {who}"
        if path.exists():
            return path.read_text()
        path.write_text(clock or "before")
        return ""

    def _keep(self, envelope: Envelope) -> None:
        assert isinstance(envelope.content, bytes)
        mail = {"from": envelope.mail_from, "to": envelope.rcpt_tos, "data": envelope.content.decode("latin-1")}
        path = self.folder / f"{next(self.numbers):06d}.json"
        path.with_suffix(".part").write_text(json.dumps(mail))
        path.with_suffix(".part").rename(path)


class FaultySMTP(SMTP):
    """Refuses or drops at the DATA command itself, which handlers do not see."""

    async def smtp_DATA(self, arg: str) -> None:
        match self.event_handler.fault:
            case ["data451"]:
                await self.push("451 4.3.0 no room for now")
                return
            case ["dropdata"]:
                cut(self)
                return
        await super().smtp_DATA(arg)


def cut(server: SMTP) -> None:
    """Hang up without a word."""
    assert isinstance(server.transport, asyncio.Transport)
    server.transport.abort()


async def serve(folder: Path) -> None:
    keeper = Keeper(folder)
    options: dict[str, Any] = {"hostname": "sink.test", "data_size_limit": None, "enable_SMTPUTF8": True}
    loop = asyncio.get_running_loop()
    server = await loop.create_server(lambda: FaultySMTP(keeper, **options), "127.0.0.1", 0)
    print(server.sockets[0].getsockname()[1], flush=True)
    await server.serve_forever()


if __name__ == "__main__":
    asyncio.run(serve(Path(sys.argv[1])))
