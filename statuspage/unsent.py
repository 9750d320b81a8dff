"""Forms that were typed into and not sent yet, kept on the server: a browser that closes loses none."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from sqlalchemy import Select, delete, select
from sqlalchemy.orm import Session

from statuspage.models import UnsentForm

KEPT_FOR = timedelta(days=30)
MOST = 20
"""So many showings of one form are kept for one operator, the newest."""
LARGEST = 200_000
"""Characters of one form; a text has at most 25,000 in each language."""


def keep_form(
    session: Session, user_id: int, form: str, writer: str, fields: Sequence[tuple[str, str]], *, now: datetime
) -> None:
    """Keep what was typed into one showing of a form, in place of what it held before; nothing once it was sent, nor
    what is too large."""
    if sum(len(name) + len(value) for name, value in fields) > LARGEST:
        return
    row = _row(session, user_id, form, writer, now)
    if row.sent_at is None:
        row.fields, row.saved_at = [list(pair) for pair in fields], now
        session.flush()
        for old in load_forms(session, user_id, form)[MOST:]:
            session.delete(old)


def end_form(session: Session, user_id: int, form: str, writer: str, *, now: datetime) -> None:
    """It was sent, or is not wanted any more."""
    row = _row(session, user_id, form, writer, now)
    row.fields, row.sent_at = [], now
    session.flush()


def load_forms(session: Session, user_id: int, form: str) -> Sequence[UnsentForm]:
    """What was typed into a form and not sent, newest first."""
    unsent = _of(user_id, form).where(UnsentForm.sent_at.is_(None))
    return session.scalars(unsent.order_by(UnsentForm.saved_at.desc(), UnsentForm.id.desc())).all()


def load_all(session: Session, form: str) -> Sequence[UnsentForm]:
    """What anybody typed into a form and has not sent, newest first."""
    unsent = select(UnsentForm).where(UnsentForm.form == form, UnsentForm.sent_at.is_(None))
    return session.scalars(unsent.order_by(UnsentForm.saved_at.desc(), UnsentForm.id.desc())).all()


def forget_old(session: Session, now: datetime) -> None:
    """Drop what nobody came back for."""
    session.execute(delete(UnsentForm).where(UnsentForm.saved_at < now - KEPT_FOR))


def _row(session: Session, user_id: int, form: str, writer: str, now: datetime) -> UnsentForm:
    row = session.scalar(_of(user_id, form).where(UnsentForm.writer == writer))
    if row is None:
        row = UnsentForm(user_id=user_id, form=form, writer=writer, fields=[], saved_at=now)
        session.add(row)
    return row


def _of(user_id: int, form: str) -> Select[UnsentForm]:
    return select(UnsentForm).where(UnsentForm.user_id == user_id, UnsentForm.form == form)
