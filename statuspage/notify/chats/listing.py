"""All chat services, by the name that Delivery.channel has."""

from __future__ import annotations

from statuspage.notify.chats.bulletin import Chat
from statuspage.notify.chats.discord import DISCORD
from statuspage.notify.chats.google_chat import GOOGLE_CHAT
from statuspage.notify.chats.mattermost import MATTERMOST
from statuspage.notify.chats.slack import SLACK
from statuspage.notify.chats.teams import TEAMS

CHATS: dict[str, Chat] = {chat.name: chat for chat in (SLACK, TEAMS, DISCORD, MATTERMOST, GOOGLE_CHAT)}
