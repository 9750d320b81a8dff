"""Wadlicht, an invented European provider of messages, calls and payments: what it runs and who follows its page."""

from __future__ import annotations

from typing import NamedTuple

NAME = "Wadlicht"
ZONE = "Europe/Amsterdam"
SUPPORT_URL = "https://wadlicht.example/support"
OPERATOR = "noor@wadlicht.example"
BEGAN_DAYS_AGO = 120
"""When the components were added; older days are unknown."""


class Service(NamedTuple):
    """A component: slug, name, what it does."""

    slug: str
    name: str
    description: str


GROUPS: dict[str, tuple[Service, ...]] = {
    "Messages": (
        Service("sms", "SMS", "Sending and receiving, with delivery reports"),
        Service("chat", "Chat channels", "Messages to and from chat apps"),
        Service("email", "E-mail", "Transactional mail"),
    ),
    "Voice": (
        Service("sip-trunks", "SIP trunks", "Incoming and outgoing calls"),
        Service("numbers", "Phone numbers", "Ordering, porting and routing of numbers"),
        Service("recording", "Call recording", "Recordings and transcripts"),
    ),
    "Payments": (
        Service("cards", "Card payments", "Authorisation, capture and refunds"),
        Service("bank", "Bank payments", "Payments from a bank account"),
        Service("payouts", "Payouts", "Daily settlement to your bank account"),
    ),
    "Platform": (
        Service("api", "REST API", "api.wadlicht.example"),
        Service("dashboard", "Dashboard", "Log-in, reports and exports"),
        Service("webhooks", "Webhooks", "Events delivered to your servers"),
    ),
}

FOLLOWERS: tuple[tuple[str, tuple[str, ...]], ...] = (
    ("ada@parcels.example.com", ()),
    ("operations@parcels.example.com", ()),
    ("bas@bakery.example.org", ("cards", "payouts")),
    ("finance@bakery.example.org", ("payouts",)),
    ("chiara@clinic.example.net", ("sms", "sip-trunks")),
    ("reception@clinic.example.net", ("sip-trunks",)),
    ("daan@tickets.example.com", ()),
    ("on-call@tickets.example.com", ()),
    ("eline@library.example.org", ("sms", "email")),
    ("farid@taxis.example.com", ("sip-trunks", "sms", "api")),
    ("dispatch@taxis.example.com", ()),
    ("greta@insurance.example.net", ()),
    ("helpdesk@insurance.example.net", ("chat", "email")),
    ("ivo@webshop.example.com", ("cards", "bank", "webhooks")),
    ("platform@webshop.example.com", ()),
    ("jana@webshop.example.com", ("api",)),
    ("kees@ferries.example.org", ()),
    ("lotte@school.example.org", ("sms",)),
    ("mihai@energy.example.net", ()),
    ("network@energy.example.net", ("sip-trunks", "numbers")),
    ("nadia@hotel.example.com", ("cards", "chat")),
    ("oscar@agency.example.org", ("api", "webhooks", "dashboard")),
    ("pia@agency.example.org", ()),
    ("quinten@charity.example.org", ("bank",)),
    ("rosa@museum.example.org", ()),
)
"""Addresses of reserved domains, and the components they chose; none means all."""
