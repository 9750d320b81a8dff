"""Whose fault it is: the target's, or our network's, our name servers', our own process'."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from ipaddress import IPv4Network
from pathlib import Path
from typing import Any

import pytest

from statuspage.domain.health import Outcome
from statuspage.monitoring import names, witness
from statuspage.monitoring.aim import Aim, aim_of
from statuspage.monitoring.connecting import Reach
from statuspage.monitoring.finding import Doubt, Finding, down, in_time
from statuspage.monitoring.witness import Pulse, Witness

FAR = aim_of("far", {"kind": "tcp", "target": "203.0.113.1:80"})
NEAR = aim_of("near", {"kind": "tcp", "target": "127.0.0.1:80"})
NAMED = aim_of("named", {"kind": "http", "target": "http://nowhere.example/"})


def others(count: int) -> list[Aim]:
    return [aim_of(f"m{n}", {"kind": "tcp", "target": f"203.0.113.{n + 2}:80"}) for n in range(count)]


def settled(act: Callable[[Witness], Any], aim: Aim, doubt: Doubt, pause: float = 0.0) -> Finding:
    """What a witness makes of a failure that began `pause` seconds after `act` happened."""

    async def run() -> Finding:
        reach = Reach([IPv4Network("127.0.0.0/8")])
        observer = Witness(reach)
        act(observer)
        await asyncio.sleep(pause)
        return await observer.settle(aim, down("no answer", doubt), asyncio.get_running_loop().time())

    with ThreadPoolExecutor(1) as thread:  # a browser of another test may hold a loop in this one
        return thread.submit(lambda: asyncio.run(run())).result()


@pytest.fixture
def no_roots(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nobody listens where the root name servers should."""
    monkeypatch.setattr(witness, "ROOTS", ("127.0.0.99",))


@pytest.fixture
def dead_names(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """/etc/resolv.conf names a server that is not there."""
    path = tmp_path / "resolv.conf"
    path.write_text("nameserver 127.0.0.98\noptions timeout:1 attempts:1\n")
    monkeypatch.setattr(names, "RESOLVERS", path)
    monkeypatch.setattr(witness, "ASKED_SECONDS", 0.3)


@pytest.mark.usefixtures("no_roots")
def test_local_target_needs_no_network() -> None:
    assert settled(lambda _: None, NEAR, Doubt.NETWORK).outcome is Outcome.DOWN


@pytest.mark.usefixtures("no_roots")
def test_answer_of_another_proves_the_network() -> None:
    def hear(observer: Witness) -> None:
        for each in others(4):
            observer.note(each, down("no answer", Doubt.NETWORK), 0.0)
        observer.note(others(5)[4], in_time("connected", 1, None), asyncio.get_running_loop().time() + 1)

    assert settled(hear, FAR, Doubt.NETWORK).outcome is Outcome.DOWN


@pytest.mark.usefixtures("no_roots")
def test_nothing_answers_any_more_is_unknown() -> None:
    def hear(observer: Witness) -> None:
        for each in others(4):
            observer.note(each, down("no answer", Doubt.NETWORK), asyncio.get_running_loop().time())

    found = settled(hear, FAR, Doubt.NETWORK)
    assert (found.outcome, found.words) == (Outcome.UNKNOWN, "no network here: nothing else answers either")


@pytest.mark.usefixtures("no_roots", "dead_names")
def test_silence_of_known_name_servers_is_ours() -> None:
    found = settled(lambda observer: observer._reach.names.note_answer(), FAR, Doubt.NETWORK, pause=0.01)
    assert (found.outcome, found.words) == (Outcome.UNKNOWN, "no network here: nothing else answers either")


@pytest.mark.usefixtures("no_roots", "dead_names")
def test_inner_network_blames_its_target() -> None:
    assert settled(lambda _: None, FAR, Doubt.NETWORK).outcome is Outcome.DOWN


@pytest.mark.usefixtures("dead_names")
def test_roots_are_met_while_all_is_well(monkeypatch: pytest.MonkeyPatch) -> None:
    with socket.create_server(("127.0.0.1", 0)) as root, ThreadPoolExecutor(1) as thread:
        monkeypatch.setattr(witness, "ROOTS", ("127.0.0.1",))
        monkeypatch.setattr(witness, "ROOT_PORT", root.getsockname()[1])
        monkeypatch.setattr(witness, "KEPT_SECONDS", 0.0)
        assert thread.submit(lambda: asyncio.run(_lose_network_after_one_answer(root))).result() is Outcome.UNKNOWN


async def _lose_network_after_one_answer(root: socket.socket) -> Outcome:
    observer = Witness(Reach())
    loop = asyncio.get_running_loop()
    observer.note(FAR, in_time("connected", 1, None), loop.time())
    root.settimeout(20)
    (await asyncio.to_thread(root.accept))[0].close()
    root.close()
    await asyncio.sleep(0.1)
    found = await observer.settle(FAR, down("no answer", Doubt.NETWORK), loop.time())
    return found.outcome


@pytest.mark.usefixtures("dead_names")
def test_dead_name_servers_are_unknown() -> None:
    found = settled(lambda _: None, NAMED, Doubt.NAMES)
    assert (found.outcome, found.words) == (Outcome.UNKNOWN, "no name server answers us")


def test_heard_name_server_proves_itself() -> None:
    found = settled(lambda observer: observer._reach.names.note_answer(), NAMED, Doubt.NAMES)
    assert found.outcome is Outcome.DOWN


def test_pulse_notes_standing_still() -> None:
    pulse = Pulse()
    pulse.beat(0.0, 1000.0)
    assert not pulse.was_disturbed(0.0, 0.3, 1000.3)
    assert pulse.was_disturbed(0.2, 9.0, 1009.0)
    pulse.beat(9.2, 1009.2)
    assert not pulse.was_disturbed(9.1, 9.3, 1009.3)


@pytest.mark.parametrize("jump", [3600.0, -3600.0])
def test_pulse_notes_a_set_clock(jump: float) -> None:
    pulse = Pulse()
    pulse.beat(0.0, 1000.0)
    assert pulse.was_disturbed(0.0, 0.2, 1000.2 + jump)
