"""Policy files: what loads, what is refused, and how a mistake is named."""

from collections.abc import Iterator
from copy import deepcopy
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from statuspage.domain.periods import Period, parse_period
from statuspage.domain.sla.credits import claims_close_at
from statuspage.domain.sla.duration import Duration
from statuspage.domain.sla.notice import classify, latest_notice
from statuspage.domain.sla.policy import (
    Policy,
    PolicyError,
    load_policies,
    load_policy,
    override,
    preset_ids,
    validated,
)
from statuspage.domain.vocabulary import MaintenanceKind

MINIMAL = """\
schema = 1
id = "acme"
name = "Acme"
timezone = "Europe/Amsterdam"
[[priority]]
id = "P1"
name = "Critical"
public = true
"""
FULL = (
    MINIMAL
    + """\
update_every = "15m"
[[tier]]
id = "gold"
name = "Gold"
target = "99.99"
[[service]]
id = "api"
name = "API"
[maintenance]
scheduled_lead = "14d"
[availability]
remove_from_total = ["scheduled"]
not_downtime = ["customer"]
[credits]
who = "claimants"
form = "credit"
bands = [{ below = "99.9", gold = 5 }, { below = "99", gold = 10 }]
[[response]]
class = "Urgent"
measure = "response"
limits = { gold = "4bh" }
"""
)


@pytest.mark.parametrize("preset", preset_ids())
def test_every_preset_loads(preset: str) -> None:
    policy = load_policy(preset)
    assert policy.id == preset
    assert policy.priorities


@pytest.mark.parametrize("preset", preset_ids())
def test_a_policy_survives_json(preset: str) -> None:
    policy = load_policy(preset)
    assert Policy.model_validate_json(policy.model_dump_json(by_alias=True)) == policy


def test_presets_begin_with_the_neutral_one() -> None:
    assert preset_ids()[0] == "standard"
    assert len(preset_ids()) == 6


def test_standard_promises_what_the_product_states() -> None:
    policy = load_policy("standard")
    assert [terms.id for terms in policy.priorities if terms.public] == ["P1", "P2", "P3"]
    assert [str(terms.update_every) for terms in policy.priorities[:3]] == ["15m", "30m", "120m"]
    assert (policy.maintenance.scheduled_lead, policy.maintenance.emergency_lead) == (
        Duration(14, "d"),
        Duration(24, "h"),
    )
    assert policy.target() == Decimal("99.90")
    assert str(policy.zone) == "UTC"


def test_a_policy_without_zone_takes_the_page_s() -> None:
    policy = load_policy("standard")
    placed = policy.placed_in("Asia/Tokyo")
    assert (policy.zone.key, placed.zone.key, placed.hours_zone.key) == ("UTC", "Asia/Tokyo", "Asia/Tokyo")
    assert placed.placed_in("Europe/Paris").zone.key == "Asia/Tokyo"


def test_a_policy_keeps_the_zone_it_names() -> None:
    book = load_policies("cm-com").placed_in("Asia/Tokyo")
    assert not book.needs_zone
    assert book.latest.zone.key == "Europe/Amsterdam"


@pytest.mark.parametrize(
    ("starts_at", "latest"),
    [
        ("2026-04-03T02:00+02:00", "2026-03-20T02:00+01:00"),
        ("2026-11-01T02:00+01:00", "2026-10-18T02:00+02:00"),
    ],
)
def test_fourteen_days_keep_the_page_s_wall_clock(starts_at: str, latest: str) -> None:
    policy = load_policy("standard").placed_in("Europe/Amsterdam")
    start, last = datetime.fromisoformat(starts_at), datetime.fromisoformat(latest)
    assert latest_notice(policy, start) == last
    assert classify(policy, last, start) is MaintenanceKind.SCHEDULED
    assert classify(policy, last + timedelta(seconds=1), start) is MaintenanceKind.EMERGENCY


def test_month_borders_are_the_page_s() -> None:
    book = load_policies("standard").placed_in("Europe/Amsterdam")
    october = parse_period("2026-10").span(book.latest.zone)
    assert october.length == timedelta(days=31, hours=1)


def test_a_minimal_file_excludes_nothing() -> None:
    policy = load_policy(MINIMAL)
    assert policy.availability.remove_from_total == policy.availability.not_downtime == ()
    assert policy.priority("P1") is policy.priorities[0]
    assert policy.priority("P4") is policy.priority(None) is policy.service("api") is policy.credits is None


def test_a_tier_overrides_the_service_target() -> None:
    policy = override(load_policy(FULL), {"service.api.target": "99.5", "availability.default_target": "98"})
    assert policy.target("api", "gold") == Decimal("99.99")
    assert policy.target("api") == Decimal("99.5")
    assert policy.target("elsewhere") == Decimal(98)


@pytest.mark.parametrize(
    ("old", "new", "key", "reason"),
    [
        ('name = "Acme"', 'name = "Acme"\ncolour = "red"', "colour", "unknown key"),
        ('name = "Critical"', 'name = "Critical"\ncolour = "red"', "priority.P1.colour", "unknown key"),
        ('name = "Acme"', "", "name", "missing"),
        ("schema = 1", "schema = 2", "schema", "1"),
        ('"Europe/Amsterdam"', '"Europe/Atlantis"', "timezone", "IANA"),
        ('"15m"', '"15x"', "priority.P1.update_every", "not a duration"),
        ('"15m"', "15", "priority.P1.update_every", "write it as text"),
        ('"15m"', '"0m"', "priority.P1.update_every", "no time at all"),
        ('"4bh"', '"4 bh"', "response.Urgent.limits.gold", "not a duration"),
        ('"99.99"', '"100.01"', "tier.gold.target", "up to 100"),
        ('"99.99"', '"many"', "tier.gold.target", "not a percentage"),
        ('["customer"]', '["weather"]', "availability.not_downtime.0", "neither a cause nor a class"),
        ('["customer"]', '["scheduled"]', "availability.not_downtime", "in remove_from_total as well"),
        ('["customer"]', '["customer", "customer"]', "availability.not_downtime", "twice"),
        ('below = "99"', 'below = "99.90"', "credits.bands.99.90", "overlaps"),
        ("gold = 10", "gold = 4", "credits.bands.99", "must not earn less"),
        ("gold = 10", "silver = 10", "credits.bands.99.silver", "nor a tier"),
        ("gold = 10", "gold = 101", "credits.bands.1.gold", "100"),
        ("[maintenance]", '[[tier]]\nid = "gold"\nname = "G"\ntarget = 99\n[maintenance]', "tier.gold", "twice"),
        ("[maintenance]", '[hours]\nholidays = "ATLANTIS"\n[maintenance]', "hours.holidays", "holiday calendar"),
        ("[maintenance]", '[hours]\nopen = "25:00"\n[maintenance]', "hours.open", "time of day"),
        ("[maintenance]", "[hours]\ndays = []\n[maintenance]", "hours.days", "at least 1"),
        ("[maintenance]", '[hours]\ndays = ["monday"]\n[maintenance]', "hours.days.0", "'mon'"),
        (
            "[maintenance]",
            '[hours]\nopen = "09:00"\nclose = "09:00"\n[maintenance]',
            "hours.close",
            "same time as hours.open",
        ),
        ("[maintenance]", '[hours]\nopen = "17:00"\n[maintenance]', "hours.close", "same time as hours.open"),
        ('"14d"', '"14d"\nemergency_lead = "15d"', "maintenance.emergency_lead", "more than the scheduled_lead"),
        ('"14d"', '"5bd"\nemergency_lead = "14d"', "maintenance.emergency_lead", "'14d' is more"),
        ("[availability]", '[availability]\ntotal = "30d"', "availability.total", "43200m"),
        ("schema = 1", "schema = 1\neffective_from = 0", "effective_from", "not a date"),
        ("schema = 1", 'schema = 1\neffective_from = "0"', "effective_from", "not a date"),
        ("[maintenance]", '[hours]\nopen = "24:00"\n[maintenance]', "hours.open", "opens at"),
        ("gold = 10", "gold = true", "credits.bands.1.gold", "percentage from 0"),
        ('form = "credit"', 'form = "credit"\ncap = "1e400"', "credits.cap", "1000000000"),
        ('form = "credit"', 'form = "credit"\nclaim_days = 99999999', "credits.claim_days", "3660"),
        ('"14d"', '"14d"\nlate_needs_reason = [" "]', "maintenance.late_needs_reason.0", "must not be empty"),
        ('class = "Urgent"', 'class = ""', "response.0.class", "must not be empty"),
        ('name = "API"', 'name = "A\\u0000PI"', "service.api.name", "control characters"),
        (
            "[availability]",
            '[page.links]\nHelp = "javascript:alert(1)"\n[availability]',
            "page.links.Help",
            "https://",
        ),
    ],
)
def test_a_mistake_is_named_by_file_key_and_reason(tmp_path: Path, old: str, new: str, key: str, reason: str) -> None:
    assert FULL.count(old) == 1
    file = tmp_path / "acme.toml"
    file.write_text(FULL.replace(old, new))
    with pytest.raises(PolicyError) as caught:
        load_policy(file)
    assert caught.value.file == str(file)
    assert caught.value.key == key
    assert reason in caught.value.reason
    assert str(caught.value).startswith(f"{file}: {key}: ")


JUNK = (None, "", "x", "-5m", "NaN", -1, 10**30, True, [], ["x"], {}, {"surprise": 1}, float("inf"))


@pytest.mark.parametrize("preset", preset_ids())
def test_junk_is_refused_or_harmless(preset: str) -> None:
    """Whatever stands at a key, a file is used whole or refused with its name, the key and a reason."""
    whole = load_policy(preset).model_dump(by_alias=True, exclude_unset=True, mode="json")
    now, refused = datetime(2024, 5, 1, 12, tzinfo=UTC), []
    for path in paths_in(whole):
        for junk in JUNK:
            try:
                policy = validated(with_value(whole, path, junk), "policy.toml")
            except PolicyError as error:
                refused.append(error)
            else:
                latest_notice(policy, now)
                claims_close_at(policy, Period(date(2024, 4, 1)))
    assert refused
    assert all(str(error).startswith("policy.toml: ") and error.reason for error in refused)


@pytest.mark.parametrize("preset", preset_ids())
def test_an_unknown_key_is_refused_at_every_depth(preset: str) -> None:
    whole = load_policy(preset).model_dump(by_alias=True, exclude_unset=True, mode="json")
    tables = [path for path in paths_in(whole) if isinstance(value_at(whole, path), dict)]
    for path in [(), *(path for path in tables if path[-1] not in ("links", "limits"))]:
        with pytest.raises(PolicyError, match="surprise") as refused:
            validated(with_value(whole, (*path, "surprise"), "1x"), "policy.toml")
        assert refused.value.key.endswith("surprise")


def paths_in(node: Any, above: tuple[str | int, ...] = ()) -> Iterator[tuple[str | int, ...]]:
    """The path of everything below a node."""
    below = node.items() if isinstance(node, dict) else enumerate(node) if isinstance(node, list) else ()
    for step, value in below:
        yield (*above, step)
        yield from paths_in(value, (*above, step))


def value_at(node: Any, path: tuple[str | int, ...]) -> Any:
    for step in path:
        node = node[step]
    return node


def with_value(whole: Any, path: tuple[str | int, ...], value: Any) -> Any:
    changed = deepcopy(whole)
    value_at(changed, path[:-1])[path[-1]] = value
    return changed


def test_the_whole_day_is_written_as_such() -> None:
    whole = '[hours]\nopen = "00:00"\nclose = "24:00"\n'
    policy = load_policy(MINIMAL + whole)
    assert override(policy, {"name": "Other"}).hours == policy.hours
    with pytest.raises(PolicyError, match=r"hours\.close"):
        load_policy(MINIMAL + whole.replace("24", "00"))


@pytest.mark.parametrize(("scheduled", "emergency"), [("14d", "14d"), ("5bd", "7d"), ("4bh", "24h"), ("24h", "2h")])
def test_an_emergency_lead_may_reach_the_scheduled_one(scheduled: str, emergency: str) -> None:
    leads = f'[maintenance]\nscheduled_lead = "{scheduled}"\nemergency_lead = "{emergency}"\n'
    assert load_policy(MINIMAL + leads).maintenance.emergency_lead


def test_a_service_needs_a_target_from_somewhere() -> None:
    with pytest.raises(PolicyError, match=r"service\.api\.target"):
        load_policy(MINIMAL + '[[service]]\nid = "api"\nname = "API"\n')


def test_all_mistakes_are_told_at_once() -> None:
    with pytest.raises(PolicyError, match="and 1 more") as caught:
        load_policy(FULL.replace('"15m"', '"x"').replace('"14d"', '"y"'))
    assert {key for key, _ in caught.value.problems} == {"priority.P1.update_every", "maintenance.scheduled_lead"}


@pytest.mark.parametrize(("name", "reason"), [("none.toml", "neither a preset"), ("broken.toml", "not valid TOML")])
def test_an_unusable_file_is_named(tmp_path: Path, name: str, reason: str) -> None:
    (tmp_path / "broken.toml").write_text("schema = ")
    with pytest.raises(PolicyError, match=reason) as caught:
        load_policies(tmp_path / name)
    assert name in str(caught.value)


def test_the_version_in_force_goes_by_date(tmp_path: Path) -> None:
    for name, begins in (("b", "2024-07-01"), ("a", "2025-01-01")):
        dated = MINIMAL.replace("timezone", f'version = "{name}"\neffective_from = {begins}\ntimezone')
        (tmp_path / f"{name}.toml").write_text(dated)
    book = load_policies(tmp_path)
    days = (date(2020, 1, 1), date(2024, 7, 1), date(2024, 12, 31), date(2025, 1, 1))
    assert [book.in_force(day).version for day in days] == ["b", "b", "b", "a"]
    assert book.latest.version == "a"


def test_a_folder_needs_versions_on_different_days(tmp_path: Path) -> None:
    with pytest.raises(PolicyError, match=r"no \.toml"):
        load_policies(tmp_path)
    for name in ("a", "b"):
        (tmp_path / f"{name}.toml").write_text(MINIMAL)
    with pytest.raises(PolicyError, match=r"effective_from: the same day as in a\.toml"):
        load_policies(tmp_path)


def test_a_folder_holds_one_policy(tmp_path: Path) -> None:
    (tmp_path / "a.toml").write_text(MINIMAL)
    (tmp_path / "b.toml").write_text(
        MINIMAL.replace("acme", "other").replace("[[", "effective_from = 2025-01-01\n[[", 1)
    )
    with pytest.raises(PolicyError, match=r"b\.toml: id: 'other' is another policy than 'acme' in a\.toml"):
        load_policies(tmp_path)


def test_overrides_reach_elements_by_name() -> None:
    changed = override(
        load_policy(FULL),
        {
            "priority.P1.update_every": "15bm",
            "response.Urgent.limits.gold": "4h",
            "hours.timezone": "Etc/GMT",
            "credits.bands.0.below": "99.95",
        },
    )
    assert changed.priorities[0].update_every == Duration(15, "bm")
    assert changed.responses[0].limits["gold"] == Duration(4, "h")
    assert str(changed.hours_zone) == "Etc/GMT"
    assert changed.credits is not None
    assert changed.credits.bands[0].below == Decimal("99.95")
    assert override(changed, {}) == changed


@pytest.mark.parametrize("key", ["priority.P4.name", "priority.P1", "name.first", "service"])
def test_overrides_of_nothing_are_refused(key: str) -> None:
    with pytest.raises(PolicyError):
        override(load_policy(FULL), {key: "x"})
