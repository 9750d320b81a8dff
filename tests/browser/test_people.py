"""People in a real Chromium: invited by mail, a second factor, a passkey of a virtual authenticator, single sign-on.
Each story also shows its pages to axe, in both sizes and schemes."""

from __future__ import annotations

import re
import socket
import threading
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from playwright.sync_api import Browser, BrowserContext, CDPSession, Page, expect
from werkzeug.serving import make_server

from statuspage import people, second_factor
from statuspage.changes import Installation
from statuspage.domain.vocabulary import Role
from statuspage.settings import Settings
from tests.browser.test_admin import EMAIL, PASSWORD, check_usable, log_in
from tests.mail import MailServer, deliver_mail
from tests.sign_on import CLIENT, SECRET, RunningProvider, provider

__all__ = ["provider"]
pytestmark = pytest.mark.browser

NORA, HERS = "nora@example.com", "a sentence only Nora knows"


@pytest.fixture
def listening() -> Iterator[socket.socket]:
    """A port that is known before the application is."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        yield server


@pytest.fixture
def settings(tmp_path: Path, listening: socket.socket, provider: RunningProvider) -> Settings:
    """With a host name, for passkeys, and a single sign-on."""
    return Settings(
        statuspage_instance=tmp_path / "instance",
        secret_key="test-secret-key-of-32-characters!",
        statuspage_url=f"http://localhost:{listening.getsockname()[1]}",
        oidc_issuer=provider.issuer,
        oidc_client_id=CLIENT,
        oidc_client_secret=SECRET,
        oidc_name="Example ID",
    )


@pytest.fixture
def address(app: Flask, settings: Settings, listening: socket.socket, installation: Installation) -> Iterator[str]:
    with installation.database.write() as session:
        people.create_user(session, EMAIL, PASSWORD, Role.ADMIN, datetime.now(UTC))
    server = make_server("127.0.0.1", 0, app, threaded=True, fd=listening.fileno())
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield str(settings.statuspage_url)
    server.shutdown()
    thread.join(5)
    server.server_close()


@pytest.fixture
def context(browser: Browser, address: str) -> Iterator[BrowserContext]:
    with browser.new_context(base_url=address) as context:
        context.set_default_timeout(30_000)
        yield context


def look(page: Page, what: str) -> None:
    """Show the page as it stands to axe: both sizes, both schemes."""
    for width, scheme in ((360, "dark"), (1280, "light")):
        page.set_viewport_size({"width": width, "height": 800})
        page.emulate_media(color_scheme="dark" if scheme == "dark" else "light")
        check_usable(page, f"{what} {width} {scheme}")


def log_out(page: Page) -> None:
    page.get_by_role("button", name="Log out", exact=True).click()
    expect(page.get_by_role("heading", name="Log in")).to_be_visible()


def enter(page: Page, email: str, password: str) -> None:
    page.goto("/admin/login")
    page.fill("#email", email)
    page.fill("#password", password)
    page.keyboard.press("Enter")


def type_code(page: Page, code: str) -> None:
    expect(page.get_by_role("heading", name="One more step")).to_be_visible()
    page.keyboard.type(code)
    page.keyboard.press("Enter")


def test_invited_person_sets_up_and_comes_again(
    browser: Browser, context: BrowserContext, address: str, installation: Installation, mail_server: MailServer
) -> None:
    alice = context.new_page()
    log_in(alice)
    alice.goto("/admin/people")
    alice.fill("#email", NORA)
    alice.check("input[name=role][value=responder]")
    alice.get_by_role("button", name="Invite").click()
    expect(alice.get_by_text(f"{NORA} is invited.")).to_be_visible()
    look(alice, "people")
    settings = installation.settings.model_copy(update={"mail_server": "127.0.0.1", "mail_port": mail_server.port})
    installation.settings = settings
    deliver_mail(installation, lambda: datetime.now(UTC))
    (mail,) = mail_server.wait_for(1)
    link = re.search(r"http://localhost:\d+(/admin/invitation/\S+)", mail.text)
    assert mail.recipient == NORA
    assert link

    with browser.new_context(base_url=address) as hers:
        hers.set_default_timeout(30_000)
        nora = hers.new_page()
        nora.goto(link[1])
        look(nora, "invitation")
        expect(nora.get_by_label("Password", exact=True)).to_be_focused()
        nora.keyboard.type(HERS)
        nora.keyboard.press("Tab")
        nora.keyboard.type(HERS)
        nora.keyboard.press("Enter")
        expect(nora.get_by_role("heading", name="Board")).to_be_visible()

        nora.goto("/admin/account")
        nora.get_by_role("link", name="Set it up").click()
        look(nora, "second factor")
        nora.get_by_role("button", name="Set it up").click()
        expect(nora.get_by_role("img", name="QR code")).to_be_visible()
        secret = nora.locator("code.secret").inner_text().replace(" ", "")
        look(nora, "set-up of the second factor")
        nora.fill("#code", "000 00x")
        nora.keyboard.press("Enter")
        expect(nora.get_by_role("link", name="is not what the authenticator shows now")).to_be_visible()
        now = datetime.now(UTC)
        nora.fill("#code", second_factor.code_at(secret, int(now.timestamp()) // 30))
        nora.keyboard.press("Enter")
        expect(nora.locator(".codes li")).to_have_count(10)
        codes = nora.locator(".codes li").all_inner_texts()
        look(nora, "recovery codes")
        log_out(nora)

        enter(nora, NORA, HERS)
        look(nora, "second step")
        nora.focus("#code")
        type_code(nora, second_factor.code_at(secret, int(datetime.now(UTC).timestamp()) // 30 + 1))
        expect(nora.get_by_role("heading", name="Board")).to_be_visible()
        with browser.new_context(base_url=address, java_script_enabled=False) as elsewhere:
            elsewhere.set_default_timeout(30_000)
            other = elsewhere.new_page()
            enter(other, NORA, HERS)
            type_code(other, codes[0])
            expect(other.get_by_role("heading", name="Board")).to_be_visible()
            nora.goto("/admin/account")
            look(nora, "account")
            expect(nora.locator("tbody tr")).to_have_count(2)
            nora.fill("#current_password", HERS)
            nora.fill("#new_password", HERS + " now")
            nora.fill("#again", HERS + " now")
            nora.keyboard.press("Enter")
            expect(nora.get_by_text("Every other session of yours has ended.").first).to_be_visible()
            other.goto("/admin/account")
            expect(other.get_by_role("heading", name="Log in")).to_be_visible()
    alice.goto("/admin/activity")
    expect(alice.get_by_text("user.join").first).to_be_visible()
    look(alice, "activity")


@pytest.fixture
def page(context: BrowserContext) -> Page:
    return context.new_page()


@pytest.fixture
def device(context: BrowserContext, page: Page) -> tuple[CDPSession, str]:
    """A virtual authenticator in the browser: as a laptop's own, with a finger that is known."""
    session = context.new_cdp_session(page)
    session.send("WebAuthn.enable", {"enableUI": False})
    options: dict[str, Any] = {
        "protocol": "ctap2",
        "transport": "internal",
        "hasResidentKey": True,
        "hasUserVerification": True,
        "isUserVerified": True,
        "automaticPresenceSimulation": True,
    }
    made = session.send("WebAuthn.addVirtualAuthenticator", {"options": options})
    return session, str(made["authenticatorId"])


def test_passkey_takes_the_password_away(page: Page, device: tuple[CDPSession, str], browser: Browser) -> None:
    log_in(page)
    page.goto("/admin/account/passkeys")
    look(page, "no passkeys")
    page.fill("#add-name", "Laptop")
    page.fill("#add-current_password", "not the password")
    page.keyboard.press("Enter")
    expect(page.get_by_text("This is not your present password.")).to_be_visible()
    page.fill("#add-current_password", PASSWORD)
    page.keyboard.press("Enter")
    expect(page.locator(".codes li")).to_have_count(10)
    codes = page.locator(".codes li").all_inner_texts()
    page.goto("/admin/account/passkeys")
    expect(page.locator("tbody tr")).to_contain_text("Laptop")
    look(page, "passkeys")
    page.fill("#add-name", "The same again")
    page.fill("#add-current_password", PASSWORD)
    page.get_by_role("button", name="Add it").click()
    expect(page.get_by_text("This device has a passkey for your account already.")).to_be_visible()
    log_out(page)

    look(page, "log-in")
    page.get_by_role("button", name="Log in with a passkey").press("Enter")
    expect(page.get_by_role("heading", name="Board")).to_be_visible()
    log_out(page)
    enter(page, EMAIL, PASSWORD)
    expect(page.get_by_role("heading", name="One more step")).to_be_visible()
    look(page, "second step with a passkey")
    page.get_by_role("button", name="Use your passkey").click()
    expect(page.get_by_role("heading", name="Board")).to_be_visible()
    page.goto("/admin/account/passkeys")
    expect(page.locator("tbody tr")).not_to_contain_text("never")
    log_out(page)

    cdp, authenticator = device
    cdp.send("WebAuthn.setUserVerified", {"authenticatorId": authenticator, "isUserVerified": False})
    page.get_by_role("button", name="Log in with a passkey").click()
    expect(page.get_by_text("It was not confirmed in time, or called off.")).to_be_visible()
    cdp.send("WebAuthn.setUserVerified", {"authenticatorId": authenticator, "isUserVerified": True})

    with browser.new_context(base_url=page.url.rpartition("/admin")[0], java_script_enabled=False) as plain:
        plain.set_default_timeout(30_000)
        scriptless = plain.new_page()
        scriptless.goto("/admin/login")
        expect(scriptless.get_by_role("button", name="Log in with a passkey")).to_be_hidden()
        enter(scriptless, EMAIL, PASSWORD)
        type_code(scriptless, codes[0])
        expect(scriptless.get_by_role("heading", name="Board")).to_be_visible()
        scriptless.goto("/admin/account/passkeys")
        expect(scriptless.get_by_text("This needs a browser that knows passkeys")).to_be_visible()

    page.get_by_role("button", name="Log in with a passkey").click()
    expect(page.get_by_role("heading", name="Board")).to_be_visible()
    page.goto("/admin/account/passkeys")
    page.fill("#remove-current_password", PASSWORD)
    page.get_by_role("button", name="Remove it").click()
    expect(page.get_by_text("opens nothing any more")).to_be_visible()
    log_out(page)
    page.get_by_role("button", name="Log in with a passkey").click()
    expect(page.get_by_text("this passkey opens nothing here")).to_be_visible()
    enter(page, EMAIL, PASSWORD)
    expect(page.get_by_role("heading", name="Board")).to_be_visible()


@pytest.mark.parametrize("scripts", [True, False])
def test_single_sign_on_goes_there_and_back(
    browser: Browser, address: str, provider: RunningProvider, scripts: bool
) -> None:
    provider.vouch(EMAIL)
    with browser.new_context(base_url=address, java_script_enabled=scripts) as context:
        context.set_default_timeout(30_000)
        page = context.new_page()
        page.goto("/admin/incidents/new")
        page.get_by_role("button", name="Log in with Example ID").click()
        expect(page).to_have_url(f"{address}/admin/incidents/new")
        page.goto("/admin/account")
        expect(page.get_by_text(f"Linked to your account at {provider.issuer}")).to_be_visible()
        log_out(page)
        provider.vouch("stranger@example.net")
        page.get_by_role("button", name="Log in with Example ID").click()
        expect(page.get_by_role("alert").get_by_text("Nobody here has the address")).to_be_visible()
        if scripts:
            look(page, "refused sign-on")
