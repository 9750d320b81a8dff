"""What stands on every mail: who writes, from which address, where the page is, in whose zone and words."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

from jinja2 import Environment, FileSystemLoader, StrictUndefined, select_autoescape
from sqlalchemy.orm import Session

from statuspage.components import load_page
from statuspage.notify.email import ascii_domain, one_line, sender_of
from statuspage.notify.returning import ReturnPath
from statuspage.notify.signing import Signer
from statuspage.publishing.wording import Words, words_of
from statuspage.settings import ROOT, Settings, load_secret_key
from statuspage.translations.catalogues import load_catalogue


@dataclass(frozen=True)
class Letterhead:
    """The page as a sender. `url` has no slash at its end; `sender` is (From header, envelope address)."""

    name: str
    url: str
    host: str
    zone: ZoneInfo
    sender: tuple[str, str]
    support_url: str | None
    returns: ReturnPath | None = None
    signer: Signer | None = None

    @property
    def list_id(self) -> str:
        """RFC 2919: stays when the page is renamed."""
        return f"<updates.{self.host}>"

    def message_id(self, *parts: object) -> str:
        """A Message-ID that is the same whenever it is made of the same parts."""
        return f"<{'.'.join(str(part) for part in parts)}@{self.host}>"

    def return_address(self, delivery_id: int) -> str:
        """The envelope's sender (RFC 5321 MAIL FROM): one for each delivery where bounces are read."""
        return self.sender[1] if self.returns is None else self.returns.address(delivery_id)

    def sealed(self, data: bytes) -> bytes:
        """The mail as it leaves: signed where there is a key."""
        return data if self.signer is None else self.signer.signed(data)

    def words(self, language: str) -> Words:
        """The writer of this page's times and labels in a language."""
        return words_of(language, self.zone)


def load_letterhead(session: Session, settings: Settings) -> Letterhead:
    """The letterhead of the stored page; links are built from the settings' URL, else the page's own."""
    page = load_page(session)
    url = settings.base_url(page.url)
    host = ascii_domain(urlsplit(url).hostname or "localhost")
    sender = sender_of(settings, page.name, host)
    return Letterhead(
        name=one_line(page.name),
        url=url,
        host=host,
        zone=ZoneInfo(page.timezone),
        sender=sender,
        support_url=page.support_url,
        returns=return_path_of(settings),
        signer=_signer_of(settings),
    )


def return_path_of(settings: Settings) -> ReturnPath | None:
    """Where bounces come in; None where no address is set for them."""
    if settings.mail_bounce_address is None:
        return None
    local, _, domain = settings.mail_bounce_address.rpartition("@")
    return ReturnPath(local, domain, load_secret_key(settings).encode())


def _signer_of(settings: Settings) -> Signer | None:
    if settings.dkim_domain is None or settings.dkim_selector is None or settings.dkim_key is None:
        return None
    return Signer(settings.dkim_domain, settings.dkim_selector, settings.dkim_key.encode("ascii"))


@lru_cache(maxsize=32)
def load_templates(language: str) -> Environment:
    """The mail templates in one language; only .html is escaped."""
    environment = Environment(  # text parts and subjects must not be escaped
        loader=FileSystemLoader(ROOT / "templates" / "email"),
        autoescape=select_autoescape(["html"], default=False),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        extensions=["jinja2.ext.i18n"],
    )
    environment.install_gettext_translations(load_catalogue(language), newstyle=True)  # type: ignore[attr-defined]
    return environment
