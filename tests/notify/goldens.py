"""Whole mails kept under golden/. After a wanted change: UPDATE_GOLDEN=1 pytest tests/notify, then read the
difference, and open the part after text/html in a browser, narrow and wide, light and dark."""

from __future__ import annotations

import os
import re
from pathlib import Path

from sqlalchemy import select

from statuspage.changes import Installation
from statuspage.models import Incident, Invitation, Notice, Subscriber, Update
from tests.mail import Received

GOLDEN = Path(__file__).with_name("golden")
UPDATING = bool(os.environ.get("UPDATE_GOLDEN"))


def settled(mail: Received, installation: Installation) -> str:
    """The mail as text, its ids and tokens replaced by words, its parts decoded."""
    message = mail.message
    head = "\n".join(f"{name}: {value}" for name, value in message.items() if name != "Content-Type")
    text = f"{head}\n\n{mail.text.strip()}\n\n{'-' * 30} text/html\n{mail.html.strip()}\n".replace("\r\n", "\n")
    with installation.database.read() as session:
        rows = session.scalars(select(Update)).all()
        parents = dict.fromkeys(row.incident_id or row.maintenance_id or "" for row in rows)
        words = {parent: f"PARENT{n}" for n, parent in enumerate(parents, 1)}
        words |= {row.id: f"UPDATE-{row.event}" for row in rows}
        words |= {row.id: "PARENT" for row in session.scalars(select(Incident)) if row.id not in words}
        words |= {row.id: "NOTICE" for row in session.scalars(select(Notice))}
        words |= {row.token: "INVITATION" for row in session.scalars(select(Invitation)) if row.token}
        for subscriber in session.scalars(select(Subscriber)):
            words |= {subscriber.id: "SUBSCRIBER", subscriber.token: "TOKEN"}
    return re.sub("|".join(map(re.escape, words)), lambda found: words[found[0]], text)


def check_golden(name: str, mail: Received, installation: Installation) -> None:
    """The mail is what the file of this name holds."""
    path, text = GOLDEN / f"{name}.txt", settled(mail, installation)
    if UPDATING:
        path.write_text(text, encoding="utf-8")
    assert text == path.read_text(encoding="utf-8")
