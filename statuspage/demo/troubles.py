"""Ninety days of incidents, as their operators wrote them."""

from __future__ import annotations

from typing import NamedTuple

from statuspage.domain.vocabulary import Cause, ComponentStatus, IncidentStatus, Priority

OK = ComponentStatus.OPERATIONAL
SLOW = ComponentStatus.DEGRADED_PERFORMANCE
PARTIAL = ComponentStatus.PARTIAL_OUTAGE
DOWN = ComponentStatus.MAJOR_OUTAGE
INVESTIGATING = IncidentStatus.INVESTIGATING
IDENTIFIED = IncidentStatus.IDENTIFIED
MONITORING = IncidentStatus.MONITORING
RESOLVED = IncidentStatus.RESOLVED
POSTMORTEM = IncidentStatus.POSTMORTEM

Statuses = dict[str, ComponentStatus]


class Word(NamedTuple):
    """One update: minutes after the first one, what it says, and components whose status it changes."""

    minutes: int
    status: IncidentStatus
    body: str
    components: Statuses = {}


class Trouble(NamedTuple):
    """One incident. It was noticed `noticed_after` minutes after it began; the first word stands at `clock`."""

    days_ago: int
    clock: str
    priority: Priority
    title: str
    words: tuple[Word, ...]
    cause: Cause = Cause.OWN
    noticed_after: int = 4


PAST = (
    Trouble(
        86,
        "10:12",
        Priority.P3,
        "Delivery reports arrive late for some SMS routes",
        (
            Word(
                0,
                INVESTIGATING,
                "Messages are delivered, but some delivery reports reach you up to twenty minutes late.",
                {"sms": SLOW},
            ),
            Word(47, IDENTIFIED, "One of our carriers queues its reports. We are moving its traffic to another."),
            Word(96, MONITORING, "Traffic has moved. New reports arrive in seconds; the queue is being worked off."),
            Word(171, RESOLVED, "All delayed reports have been delivered."),
        ),
        Cause.THIRD_PARTY,
    ),
    Trouble(
        79,
        "08:41",
        Priority.P2,
        "Log-in to the dashboard fails for some accounts",
        (
            Word(
                0,
                INVESTIGATING,
                "Some of you see *Something went wrong* after entering a code. API and messages are not affected.",
                {"dashboard": PARTIAL},
            ),
            Word(24, IDENTIFIED, "Codes are refused on one of our two log-in servers, whose clock is off."),
            Word(41, MONITORING, "The server is out of rotation. Please try once more.", {"dashboard": OK}),
            Word(68, RESOLVED, "Log-in has worked for everybody for half an hour."),
        ),
    ),
    Trouble(
        71,
        "16:22",
        Priority.P1,
        "Calls fail on our SIP trunks",
        (
            Word(
                0,
                INVESTIGATING,
                "Most incoming and outgoing calls fail with error 503. We are looking into it with priority.",
                {"sip-trunks": DOWN, "numbers": PARTIAL},
            ),
            Word(12, INVESTIGATING, "Both session border controllers in Amsterdam restart again and again."),
            Word(26, IDENTIFIED, "A routing table rolled out at 16:15 is too large for them. We are taking it back."),
            Word(39, IDENTIFIED, "One controller is stable; half of all calls connect.", {"sip-trunks": PARTIAL}),
            Word(52, MONITORING, "Both controllers are stable and calls connect.", {"sip-trunks": OK, "numbers": OK}),
            Word(66, MONITORING, "Call completion is back at its usual level."),
            Word(80, MONITORING, "Still normal. We watch the evening peak begin before we close this."),
            Word(94, RESOLVED, "Everything has been normal for forty minutes. A report follows this week."),
            Word(
                5760,
                POSTMORTEM,
                "**What happened.** A routing table with twice the usual entries was rolled out to both controllers "
                "at once.\n\n**Why it lasted.** Going back needed a restart of each controller.\n\n"
                "**What we changed.** Tables are rolled out to one controller at a time, and a table that is too "
                "large is refused before it leaves our build.",
            ),
        ),
        noticed_after=7,
    ),
    Trouble(
        64,
        "13:05",
        Priority.P3,
        "Webhooks are delayed",
        (
            Word(
                0,
                INVESTIGATING,
                "Events reach your servers five to ten minutes late. None is lost.",
                {"webhooks": SLOW},
            ),
            Word(52, IDENTIFIED, "A very large batch import fills the queue. We are giving it a queue of its own."),
            Word(88, RESOLVED, "The queue is empty and events are delivered within seconds."),
        ),
    ),
    Trouble(
        55,
        "21:17",
        Priority.P2,
        "Card payments are declined by one acquirer",
        (
            Word(
                0,
                INVESTIGATING,
                "Roughly a third of all card payments is declined with code 91 (issuer unavailable).",
                {"cards": PARTIAL},
            ),
            Word(18, IDENTIFIED, "The acquirer confirms trouble in its data centre. We are routing around it."),
            Word(43, IDENTIFIED, "New payments take the second acquirer; refunds still wait.", {"cards": SLOW}),
            Word(70, MONITORING, "The acquirer is back and refunds are being worked off."),
            Word(99, RESOLVED, "Payments and refunds are normal. Declined payments can be tried again."),
        ),
        Cause.THIRD_PARTY,
    ),
    Trouble(
        47,
        "09:33",
        Priority.P3,
        "Call recordings appear late",
        (
            Word(
                0,
                INVESTIGATING,
                "Recordings show up in the dashboard about an hour after the call. No recording is lost.",
                {"recording": SLOW},
            ),
            Word(108, IDENTIFIED, "A disk is slow on one of four storage servers. It is being replaced."),
            Word(205, MONITORING, "The disk is replaced and the backlog shrinks."),
            Word(290, RESOLVED, "Recordings are available within a minute again."),
        ),
        noticed_after=35,
    ),
    Trouble(
        41,
        "14:48",
        Priority.P2,
        "Errors on the REST API",
        (
            Word(0, INVESTIGATING, "About one call in twenty to the REST API ends in error 502.", {"api": SLOW}),
            Word(
                21,
                INVESTIGATING,
                "It is one in five now, and webhooks are late. Please repeat calls that fail; it is safe.",
                {"api": PARTIAL, "webhooks": SLOW},
            ),
            Word(38, IDENTIFIED, "A release at 14:40 leaks database connections. We go back to the one before."),
            Word(57, MONITORING, "The older release is in place and errors have stopped.", {"api": OK}),
            Word(83, RESOLVED, "No errors for half an hour, and all webhooks have been delivered."),
        ),
    ),
    Trouble(
        33,
        "11:02",
        Priority.P3,
        "Exports from the dashboard time out",
        (
            Word(0, INVESTIGATING, "Exports of more than a month end in a time-out.", {"dashboard": SLOW}),
            Word(75, IDENTIFIED, "An index is missing since last night. It is being built and will take a while."),
            Word(168, RESOLVED, "The index is there; exports of a year take under a minute."),
        ),
        noticed_after=90,
    ),
    Trouble(
        26,
        "17:55",
        Priority.P1,
        "Card and bank payments are unavailable",
        (
            Word(
                0,
                INVESTIGATING,
                "No payment can be started at the moment. We are working on it with everybody we have.",
                {"cards": DOWN, "bank": DOWN},
            ),
            Word(11, IDENTIFIED, "The payment database has failed over and its replica refuses to write."),
            Word(24, IDENTIFIED, "Bank payments work again. Cards follow within minutes.", {"bank": OK}),
            Word(35, MONITORING, "Card payments work again. No payment was charged twice.", {"cards": OK}),
            Word(49, MONITORING, "Both are at their usual volume. We keep watching for another quarter of an hour."),
            Word(63, RESOLVED, "Payments are normal. Payouts of today are complete and on time."),
        ),
        noticed_after=3,
    ),
    Trouble(
        19,
        "07:26",
        Priority.P3,
        "Chat messages are delivered out of order",
        (
            Word(0, INVESTIGATING, "Short messages sent within a second may arrive swapped.", {"chat": SLOW}),
            Word(110, IDENTIFIED, "Two workers share one conversation since this night's release."),
            Word(160, RESOLVED, "Each conversation has one worker again, and order is kept."),
        ),
    ),
    Trouble(
        12,
        "15:40",
        Priority.P2,
        "SMS to Belgian numbers is delayed",
        (
            Word(0, INVESTIGATING, "Messages to Belgian numbers wait up to a quarter of an hour.", {"sms": PARTIAL}),
            Word(27, IDENTIFIED, "A Belgian operator limits our traffic after maintenance of its own."),
            Word(51, IDENTIFIED, "The limit is lifted in part; the delay is below five minutes.", {"sms": SLOW}),
            Word(79, MONITORING, "The limit is gone.", {"sms": OK}),
            Word(104, RESOLVED, "Messages to Belgium arrive in seconds."),
        ),
        Cause.THIRD_PARTY,
    ),
    Trouble(
        8,
        "20:11",
        Priority.P3,
        "Payout files were sent late",
        (
            Word(
                0,
                IDENTIFIED,
                "Today's payout files leave later than usual: a check found a rounding difference of one cent.",
                {"payouts": SLOW},
            ),
            Word(73, RESOLVED, "The files were sent at 21:20. The money arrives on the usual day."),
        ),
        noticed_after=11,
    ),
    Trouble(
        3,
        "09:18",
        Priority.P3,
        "Failed webhooks are retried late",
        (
            Word(
                0,
                INVESTIGATING,
                "A webhook that your server refused is tried again after an hour instead of a minute.",
                {"webhooks": SLOW},
            ),
            Word(64, IDENTIFIED, "The retry queue runs on one worker of six. The others are being started."),
            Word(92, RESOLVED, "Retries follow their usual schedule."),
        ),
    ),
)

OPENED_MINUTES_AGO = 26
OPEN = Trouble(
    0,
    "",
    Priority.P2,
    "Some outgoing calls drop after thirty seconds",
    (
        Word(
            0,
            INVESTIGATING,
            "Some outgoing calls end by themselves after half a minute. Incoming calls are fine.",
            {"sip-trunks": PARTIAL},
        ),
        Word(
            22,
            IDENTIFIED,
            "One of our carriers drops the confirmation of a call. We are moving outgoing calls to another carrier, "
            "country by country, the Netherlands and Belgium first.",
        ),
    ),
    noticed_after=5,
)
"""The one that is open now; its day and clock are counted back from this minute."""

INTERNAL = Trouble(
    5,
    "11:20",
    Priority.P4,
    "Footer of the invoice names the old street address",
    (Word(0, IDENTIFIED, "Seen by a colleague in finance. Goes into the release of next week."),),
)
