"""Policies the tests speak of: the neutral preset, and what differs from it in each variant."""

from statuspage.domain.sla.policy import load_policy, override

STANDARD = load_policy("standard")

DUTCH_HOURS = override(
    STANDARD,
    {
        "timezone": "Europe/Amsterdam",
        "hours.open": "08:30",
        "hours.holidays": "NL",
        "availability.remove_from_total": ["scheduled", "emergency", "third_party", "customer", "force_majeure"],
        "availability.not_downtime": [],
    },
)
"""Business hours with public holidays; all maintenance leaves the total."""

BUSINESS_DAYS = override(
    STANDARD,
    {
        "timezone": "America/Toronto",
        "hours.close": "17:30",
        "hours.holidays": "CA",
        "availability.remove_from_total": ["scheduled", "regular", "emergency"],
        "availability.not_downtime": ["customer", "third_party", "force_majeure"],
        "maintenance.scheduled_lead": "5bd",
        "maintenance.emergency_lead": None,
        "maintenance.late_needs_reason": ["immediate_threat", "vendor_change"],
        "maintenance.keep_outside_hours": ["scheduled", "regular"],
        "maintenance.regular_per_week": 1,
        "maintenance.email_to": "contacts",
        "tickets": {"report_within_days": 30},
    },
)
"""Five business days of notice, one regular window a week, no urgent class, contacts always told."""

DESK = override(
    STANDARD,
    {
        "timezone": "Europe/Dublin",
        "availability.remove_from_total": ["scheduled", "third_party", "force_majeure"],
        "availability.not_downtime": ["customer", "suspension"],
        "maintenance": {"scheduled_lead": "0m"},
        "response": [
            {"class": "Critical", "measure": "response", "limits": {"all": "4bh"}},
            {"class": "Medium", "measure": "response", "limits": {"all": "8bh"}},
            {"class": "Low", "measure": "response", "limits": {"all": "10bh"}},
        ],
        "tickets": {
            "workaround_downgrades": True,
            "tolerance": "98.00",
            "introductory_days": 30,
            "not_counted": ["client_error", "introductory_period", "planned_maintenance"],
        },
    },
)
"""Response times in opening hours, with a tolerance; planned work needs no lead."""

REBATES = override(
    STANDARD,
    {
        "timezone": "Europe/Brussels",
        "availability": {
            "total": "43200m",
            "start_rounding": "minute_floor",
            "sum_rounding": "nearest_minute",
            "only_reported": True,
            "not_downtime": ["scheduled", "customer"],
        },
        "maintenance": {"scheduled_lead": "7d", "emergency_name": "Unscheduled maintenance"},
        "credits": {
            "who": "reporters",
            "form": "credit_or_refund",
            "cap": "125.00",
            "bands": [
                {"below": "100", "all": 5},
                {"below": "99", "all": 10},
                {"below": "95", "all": 100},
            ],
        },
        "response": [
            {"class": "Urgent", "measure": "action", "limits": {"all": "2bh"}},
            {"class": "Urgent", "measure": "response", "limits": {"all": "4bh"}},
        ],
    },
)
"""Rebates by whole minutes of a fixed month, for those who reported."""

BY_TICKET = override(
    STANDARD,
    {
        "timezone": "Europe/Paris",
        "hours.close": "18:00",
        "availability": {
            "measured_from": "ticket",
            "first_period": "full",
            "not_downtime": ["third_party", "customer", "suspension", "force_majeure"],
        },
        "tier": [{"id": "premium", "name": "Premium", "target": "99.99"}],
        "credits": {
            "who": "claimants",
            "form": "credit",
            "claim_days": 5,
            "meeting_days": 15,
            "bands": [{"below": "99.99", "premium": 5}],
        },
        "response": [
            {
                "class": "Critical",
                "measure": "diagnosis",
                "limits": {"premium": "1bh"},
                "out_of_hours": "best_effort",
            }
        ],
        "tickets": {"record_validated_days": 5},
    },
)
"""Availability of a customer from its own tickets, by tier, with claims."""
