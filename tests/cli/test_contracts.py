"""flask customer, report, claim, slot, notice: the contract's nouns from the command line."""

from __future__ import annotations

import json
from typing import Any

import pytest

from statuspage.settings import Settings
from tests.cli.conftest import Flask_


@pytest.fixture
def settings(settings: Settings, request: pytest.FixtureRequest) -> Settings:
    """Under the preset a test names with `under`."""
    return settings.model_copy(update={"statuspage_policy": getattr(request, "param", "twicpics")})


def under(preset: str) -> pytest.MarkDecorator:
    return pytest.mark.parametrize("settings", [preset], indirect=True)


def answered(flask: Flask_, *arguments: str) -> Any:
    return json.loads(flask(*arguments, "--json").stdout)


@pytest.fixture
def acme(flask: Flask_) -> str:
    """A premium customer since 2023, with a main contact."""
    typed = ("--name", "Acme", "--tier", "premium", "--service-start", "2023-12-01", "--monthly-fee", "200")
    key = str(answered(flask, "customer", "add", *typed)["id"])
    flask("customer", "contact", key, "--role", "main", "--email", "main@acme.example")
    return key


def test_customer_is_kept_from_the_command_line(flask: Flask_, acme: str) -> None:
    flask("customer", "tier", acme, "--tier", "standard", "--from-date", "2024-06-01")
    changed = answered(flask, "customer", "change", acme, "--name", "Acme Ltd", "--service-start", "", "--no-has-sla")
    assert (changed["name"], changed["service_start"], changed["covered"]) == ("Acme Ltd", None, False)
    assert [each["tier"] for each in changed["tiers"]] == ["premium", "standard"]
    (contact,) = changed["contacts"]
    flask("customer", "confirm", acme)
    flask("customer", "drop", acme, contact["id"])
    shown = answered(flask, "customer", "show", acme)
    assert (shown["contacts"], bool(shown["contacts_confirmed_on"])) == ([], True)
    assert "Acme Ltd" in flask("customer", "list", "--search", "ltd").stdout


def test_wrong_option_names_its_field(flask: Flask_, acme: str) -> None:
    assert "error: tier: expected one of" in flask("customer", "add", "--name", "B", "--tier", "x", code=2).stderr
    assert "error: monthly_fee: " in flask("customer", "change", acme, "--monthly-fee", "much", code=2).stderr
    flask("customer", "show", "nobody", code=1)


def test_report_goes_through_its_steps(flask: Flask_, acme: str) -> None:
    typed = ("--customer", acme, "--report-class", "Critical Anomaly", "--text", "Down.", "--not-available")
    key = answered(flask, "report", "add", *typed, "--received-at", "2024-04-08T10:00:00Z")["id"]
    assert "Qualified as Critical Anomaly." in flask("report", "qualification", key, "--qualified").stdout
    delay = ("--starts-at", "2024-04-08T10:10:00Z", "--ends-at", "2024-04-08T10:20:00Z", "--reason", "No answer")
    flask("report", "delays", key, *delay)
    flask("report", "diagnosis", key, "--text", "A full disk.", "--cause", "own")
    flask("report", "resolution", key, "--text", "Emptied.")
    closed = answered(flask, "report", "closing", key, "--reason", "resolved")
    assert (closed["qualified"], closed["not_available"], closed["closed_reason"]) == (True, True, "resolved")
    assert [each["reason"] for each in closed["delays"]] == ["No answer"]
    assert flask("report", "list", "--open").stdout == "No report.\n"
    assert answered(flask, "report", "list", "--customer", acme)[0]["id"] == key
    assert "Down." in flask("report", "record").stdout
    assert "error: " in flask("report", "acknowledge", key, code=2).stderr


@under("optimy")
def test_report_answers_what_the_policy_asks(flask: Flask_) -> None:
    key = answered(flask, "customer", "add", "--name", "Acme")["id"]
    flask("customer", "contact", key, "--role", "reporter", "--email", "ann@acme.example")
    typed = ("--customer", key, "--report-class", "High", "--text", "Down.", "--reporter", "ann@acme.example")
    report = answered(flask, "report", "add", *typed, "--facts", "project number=77")
    assert report["facts"] == {"project number": "77"}
    assert "name of the form" in report["facts_missing"]


def test_claim_is_disputed_and_settled(flask: Flask_, acme: str) -> None:
    typed = ("--customer", acme, "--period", "2024-04", "--reason", "Too slow.", "--asked-pct", "10")
    key = answered(flask, "claim", "add", *typed, "--received-at", "2024-05-02T10:00:00Z")["id"]
    assert answered(flask, "claim", "dispute", key, "--text", "It was up.")["state"] == "disputed"
    assert [each["id"] for each in answered(flask, "claim", "list", "--open")] == [key]
    settled = answered(flask, "claim", "settle", key, "--agreed-pct", "5")
    assert (settled["state"], settled["amount"]) == ("agreed", "10.00")
    assert flask("claim", "list", "--open").stdout == "No claim.\n"
    assert "error: period: " in flask("claim", "add", *typed, code=2).stderr


@under("optimy")
def test_slot_is_added_and_ended(flask: Flask_, sip: str) -> None:
    typed = ("--title", "Weekly work", "--body", "We work.", "--weekday", "5", "--starts", "04:00", "--minutes", "90")
    key = answered(flask, "slot", "add", *typed, "--components", sip)["id"]
    assert "Sat 04:00" in flask("slot", "list").stdout
    assert "error: " in flask("slot", "add", *typed, code=2).stderr
    flask("slot", "end", key)
    assert answered(flask, "slot", "list")[0]["ended_at"]


def test_notice_is_posted_changed_deleted(flask: Flask_) -> None:
    key = answered(flask, "notice", "post", "--title", "Moving", "--body", "We move.", "--pinned")["id"]
    changed = answered(flask, "notice", "change", key, "--title", "Moved", "--no-pinned")
    assert (changed["title"], changed["pinned"]) == ("Moved", False)
    assert "Moved" in flask("notice", "list").stdout
    flask("notice", "delete", key)
    assert flask("notice", "list").stdout == "No notice.\n"
