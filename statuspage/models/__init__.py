"""What is stored: typed tables by noun, no rules.

A row of Incident, Maintenance or Component carries `changed_in`, the site revision of its last change: the
publisher renders what changed since the revision that is on disk, whoever changed it.
"""

from statuspage.models.audience import (
    Bounce,
    ComponentChange,
    Consent,
    Delivery,
    Follow,
    Reminder,
    Subscriber,
    SubscriberComponent,
    SubscriberService,
)
from statuspage.models.clocks import ClockRing
from statuspage.models.customers import (
    Claim,
    Contact,
    ContactLetter,
    Customer,
    CustomerReport,
    CustomerTier,
    ReportDelay,
    ReportLog,
)
from statuspage.models.desk import Template, TimedPost, UnsentForm
from statuspage.models.monitoring import Alert, CheckResult, Correction, Detection, Hook, LatencyDigest, Monitor
from statuspage.models.notices import Notice, PolicyVersion
from statuspage.models.page import Component, ComponentGroup, Look, Page, SettledQuarter, StatusChange
from statuspage.models.people import (
    ApiToken,
    Attempt,
    AuditEvent,
    Heartbeat,
    IdempotentAnswer,
    Invitation,
    OneTimeLink,
    SignIn,
    User,
)
from statuspage.models.posts import (
    AffectedComponent,
    Incident,
    IncidentVersion,
    Maintenance,
    MaintenanceComponent,
    Update,
    UpdateVersion,
)
from statuspage.models.proofs import Ceremony, Identity, Passkey, RecoveryCode
from statuspage.models.slots import RegularSlot, RegularSlotComponent

__all__ = [
    "AffectedComponent",
    "Alert",
    "ApiToken",
    "Attempt",
    "AuditEvent",
    "Bounce",
    "Ceremony",
    "CheckResult",
    "Claim",
    "ClockRing",
    "Component",
    "ComponentChange",
    "ComponentGroup",
    "Consent",
    "Contact",
    "ContactLetter",
    "Correction",
    "Customer",
    "CustomerReport",
    "CustomerTier",
    "Delivery",
    "Detection",
    "Follow",
    "Heartbeat",
    "Hook",
    "IdempotentAnswer",
    "Identity",
    "Incident",
    "IncidentVersion",
    "Invitation",
    "LatencyDigest",
    "Look",
    "Maintenance",
    "MaintenanceComponent",
    "Monitor",
    "Notice",
    "OneTimeLink",
    "Page",
    "Passkey",
    "PolicyVersion",
    "RecoveryCode",
    "RegularSlot",
    "RegularSlotComponent",
    "Reminder",
    "ReportDelay",
    "ReportLog",
    "SettledQuarter",
    "SignIn",
    "StatusChange",
    "Subscriber",
    "SubscriberComponent",
    "SubscriberService",
    "Template",
    "TimedPost",
    "UnsentForm",
    "Update",
    "UpdateVersion",
    "User",
]
