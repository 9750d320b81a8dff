from __future__ import annotations

from statuspage.notify.chats.bulletin import Bulletin, Tone
from statuspage.notify.chats.mattermost import MATTERMOST


def test_colons_show_no_backslash() -> None:
    said = Bulletin("Down: :fire:", "Since 04:51", (), (), "more", Tone.BAD)
    (attachment,) = MATTERMOST.render(said)["attachments"]
    assert "\\:" not in attachment["text"]
    assert "Since 04:51" in attachment["text"]
    assert ":fire:" not in attachment["text"]
