"""The page of service levels: what the policy promises, in words."""

from __future__ import annotations

import pytest

from tests.publishing import sample
from tests.publishing.rendering import parse, render, words_of


def test_service_levels_come_from_the_policy() -> None:
    text = words_of(render(sample.calm())["sla.html"])
    assert "P3 Moderate Something fails, yet the work can go on 2 hours yes" in text
    assert "Announced at least 14 days before it starts." in text
    assert "99.90%" in text


@pytest.mark.parametrize("policy", ["standard", "cm-com", "ecerium", "istockist", "optimy", "twicpics"])
def test_every_preset_has_its_page(policy: str) -> None:
    pages = render(sample.snapshot((sample.CALLS_FAIL, sample.REPORTS_SLOW), policy=policy))
    parse(pages["sla.html"])
    parse(pages["index.html"])


def test_credit_bands_are_shown() -> None:
    text = words_of(render(sample.snapshot(policy="ecerium"))["sla.html"])
    assert "Availability below Of the fee 100% 5% 99% 10%" in text
    assert "At most 125.00 EUR." in text
    assert "Report a problem to be eligible" in text
    assert "rounded once to whole minutes" in text


@pytest.mark.parametrize(
    ("policy", "said"),
    [
        ("twicpics", "Service Level 2 (premium): 5 business hours outside business hours best effort"),
        ("optimy", "Response times: not published."),
        ("ecerium", "Urgent action 2 business hours"),
        ("istockist", "Before you report a problem: gathered the facts"),
    ],
)
def test_promised_answers_are_shown(policy: str, said: str) -> None:
    assert said in words_of(render(sample.snapshot(policy=policy))["sla.html"])


def test_only_promised_updates_are_called_late() -> None:
    promise = "says so when we are late"
    assert promise in words_of(render(sample.snapshot(policy="cm-com"))["sla.html"])
    assert promise not in words_of(render(sample.snapshot(policy="optimy"))["sla.html"])
