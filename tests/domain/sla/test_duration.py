"""The grammar of durations and their text."""

import pytest

from statuspage.domain.sla.duration import describe_duration, parse_duration


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("14d", "14 days"),
        ("1d", "1 day"),
        ("15m", "15 minutes"),
        ("120m", "2 hours"),
        ("90m", "90 minutes"),
        ("24h", "24 hours"),
        ("120bm", "2 business hours"),
        ("4bh", "4 business hours"),
        ("5bd", "5 business days"),
        ("0m", "0 minutes"),
    ],
)
def test_durations_read_and_tell(text: str, words: str) -> None:
    assert str(parse_duration(text)) == text
    assert describe_duration(text) == words


@pytest.mark.parametrize("text", ["", "14", "d", "-1d", "1.5h", "14 d", "14D", "1w", "1s", "99999999m", "١d"])
def test_other_text_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="is not a duration"):
        parse_duration(text)


def test_days_have_no_fixed_length() -> None:
    with pytest.raises(ValueError, match="no fixed length"):
        _ = parse_duration("1d").length
