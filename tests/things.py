"""One of each thing that the API makes, for tests that walk over all of them."""

from __future__ import annotations

import json
from typing import Any

from tests.web.api_v1.conftest import Api

WINDOW = {"starts_at": "2099-03-01T10:00:00Z", "ends_at": "2099-03-01T11:00:00Z"}
PAST = {"starts_at": "2026-01-01T00:00:00Z", "ends_at": "2026-01-01T01:00:00Z"}
INCIDENT = {"title": "Slow", "priority": "P3", "status": "investigating", "body": "We look."}
THINGS: tuple[tuple[str, str, dict[str, Any]], ...] = (
    ("slug", "/components", {"name": "API"}),
    ("incident_id", "/incidents", {**INCIDENT, "components": {"api": "major_outage"}}),
    ("maintenance_id", "/maintenances", {"title": "Work", "body": "We work.", "components": ["api"], **WINDOW}),
    ("notice_id", "/notices", {"title": "News", "body": "There is some."}),
    ("subscriber_id", "/subscribers", {"email": "ann@example.com"}),
    ("monitor_id", "/monitors", {"component": "api", "kind": "tcp", "target": "example.com:80"}),
    (
        "correction_id",
        "/corrections",
        {"component": "api", "status": "major_outage", "reason": "Late.", **PAST},
    ),
    ("customer_id", "/customers", {"name": "Acme", "tier": "premium"}),
    ("report_id", "/reports", {"customer": "%(customer_id)s", "report_class": "Major Anomaly", "text": "It fails."}),
    ("claim_id", "/claims", {"customer": "%(customer_id)s", "period": "2026-10", "reason": "It failed."}),
    ("hook_id", "/hooks", {"name": "Grafana", "kind": "alert"}),
    ("token_id", "/tokens", {"name": "deploys", "scope": "read"}),
    ("user_id", "/users", {"email": "ann@example.com", "role": "viewer", "password": "a long password"}),
    ("template_id", "/templates", {"name": "First word", "body": "We look."}),
    ("invitation_id", "/invitations", {"email": "ben@example.com", "role": "viewer"}),
)
"""One of each, in an order in which each finds those it names."""


def add_things(api: Api) -> dict[str, str]:
    """Make them all, under a policy that knows customers; their ids by the names they have in paths."""
    ids: dict[str, str] = {}
    for name, path, body in THINGS:
        made = api.post(path, json.loads(json.dumps(body) % ids))
        assert made.status_code == 201, (path, made.json)
        ids[name] = made.json["slug" if name == "slug" else "id"]
    ids["update_id"] = api.get(f"/incidents/{ids['incident_id']}").json["updates"][0]["id"]
    return ids
