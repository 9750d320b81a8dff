"""E-mail as a channel: several sessions with the mail server held open, and what its answers say of addresses and
of us."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy.orm import Session

from statuspage import subscribers
from statuspage.models import Subscriber
from statuspage.notify import outbox, pauses
from statuspage.notify.channel import Composed, Meaning, Message, Office, Result
from statuspage.notify.composing import Composer, Mail
from statuspage.notify.email import TIMEOUT_SECONDS, Mailer
from statuspage.notify.letterhead import load_letterhead
from statuspage.notify.lines import Lines
from statuspage.notify.outbox import Claimed
from statuspage.settings import Settings

NO_SERVER = "no mail server is set"


@dataclass(frozen=True)
class MailChannel:
    """Mail by the server of the settings. `timeout` is for each of its answers."""

    name: str = "mail"
    lanes: Sequence[int] = outbox.NOTIFICATIONS
    in_flight: int = 8
    ahead: int = 8
    waits: Sequence[timedelta] = outbox.RETRY_AFTER
    timeout: float = TIMEOUT_SECONDS
    carries: Collection[str] = ("email",)

    def standstill(self, session: Session, settings: Settings, now: datetime) -> str | None:
        """Without a server mail is kept as due; so it is while the server will have nothing of ours."""
        if not settings.mail_server:
            return NO_SERVER
        if pauses.stands_still(session, settings, now):
            pause = pauses.load_pause(session)
            return pause.reason if pause else None
        return None

    def open(self, session: Session, office: Office, now: datetime) -> _Mailing:
        """Ready to send; connections are opened as they are needed."""
        letterhead = load_letterhead(session, office.settings)
        helo = letterhead.host if "." in letterhead.host else "[127.0.0.1]"
        lines = Lines(Mailer(office.settings, helo=helo, timeout=self.timeout), self.in_flight)
        stood_still = pauses.load_pause(session) is not None
        return _Mailing(Composer(letterhead, office.policy(now)), lines, office.settings, stood_still)


MAIL = MailChannel()
REQUESTS = MailChannel(name="requests", lanes=outbox.REQUESTS, in_flight=2, ahead=0)
"""Confirmations that strangers ask for: on lines of their own, few at once."""


class _Mailing:
    """One run."""

    def __init__(self, composer: Composer, lines: Lines, settings: Settings, stood_still: bool) -> None:
        self.composer = composer
        self.lines = lines
        self.settings = settings
        self.stood_still = stood_still
        self.refused = False

    @property
    def heeds_success(self) -> bool:
        """The first mail that is accepted ends a standstill."""
        return self.stood_still

    def compose(self, session: Session, rows: Sequence[Claimed], now: datetime) -> Composed:
        """As Sending.compose."""
        return self.composer.compose(session, rows, now)

    def heed(self, session: Session, results: Sequence[Result], now: datetime) -> None:
        """A refused address is suppressed; a refused sender stops all mail, an accepted one lets it flow again."""
        if self.stood_still and any(trouble is None for _, trouble in results):
            pauses.resume(session)
            self.stood_still = False
        refusals = [trouble for _, trouble in results if trouble and trouble.meaning is Meaning.SENDER_REFUSED]
        if refusals and not self.refused:
            self.refused = self.stood_still = True
            pauses.pause(session, self.settings, reason=refusals[0].words, now=now)
        for message, trouble in results:
            if trouble and trouble.meaning is Meaning.ADDRESS_REFUSED and message.row.subscriber_id:
                subscriber = session.get(Subscriber, message.row.subscriber_id)
                if subscriber is not None:
                    subscribers.suppress(session, subscriber, reason=trouble.words, now=now)

    def start(self, message: Message) -> None:
        """As Sending.start."""
        assert isinstance(message, Mail)
        self.lines.start(message)

    def finished(self, seconds: float) -> list[Result]:
        """As Sending.finished."""
        return self.lines.finished(seconds)

    def abort(self) -> None:
        """As Sending.abort."""
        self.lines.abort()

    def close(self, *, patiently: bool) -> None:
        """As Sending.close."""
        self.lines.close(patiently=patiently)
