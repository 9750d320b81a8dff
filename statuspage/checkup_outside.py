"""What is wrong outside: the mail server, the names that receivers look up, the page as readers reach it."""

from __future__ import annotations

import smtplib
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from email.utils import parsedate_to_datetime
from urllib.parse import urlsplit

import dns.exception
import dns.name
import dns.resolver
import dns.reversename
import httpx2

from statuspage import openid
from statuspage.changes import Installation
from statuspage.findings import Finding, in_short, one_line
from statuspage.notify.email import Mailer

CLOCK_TOLERANCE = timedelta(seconds=30)
NETWORK_SECONDS = 8.0
HERE = ("localhost", "127.0.0.1", "::1")


def examine_mail(installation: Installation, sender: str, readers: int, network: bool) -> Iterator[Finding]:
    """The mail server, tried up to the sender's name; `readers` is how many wait for mail."""
    settings = installation.settings
    if not settings.mail_server:
        kept = f": mail to {readers} subscribers is kept as due" if readers else ""
        said = f"No mail server is set{kept}."
        yield Finding("mail", "wrong" if readers else "hint", said, "Set MAIL_SERVER.")
        return
    if not (settings.mail_use_tls or settings.mail_use_ssl) and settings.mail_server not in HERE:
        said = f"Mail travels to {settings.mail_server} unencrypted."
        yield Finding("mail encryption", "hint", said, "Set MAIL_USE_TLS or MAIL_USE_SSL, if the server can.")
    if not network:
        return
    try:
        with Mailer(settings, timeout=NETWORK_SECONDS).connect() as connection:
            smtp = connection.session()
            code, words = smtp.mail(sender)
            smtp.rset()
    except (smtplib.SMTPException, OSError) as error:
        said = f"{settings.mail_server}:{settings.mail_port} does not take our mail: {one_line(error)}"
        todo = "Check MAIL_SERVER, MAIL_PORT, MAIL_USERNAME, MAIL_PASSWORD and TLS."
        yield Finding("mail", "wrong", said, todo)
        return
    if code >= 400:
        said = f"{settings.mail_server} refuses {sender} as a sender: {code} {words.decode('utf-8', 'replace')[:200]}"
        yield Finding("mail", "wrong", said, "Set MAIL_DEFAULT_SENDER to an address it takes.")
    else:
        yield Finding("mail", "ok", f"{settings.mail_server} takes mail from {sender}.")


def examine_sign_on(installation: Installation) -> Iterator[Finding]:
    """The provider of the single sign-on, asked for its discovery."""
    settings = installation.settings
    provider = openid.provider_of(settings)
    if provider is None:
        return
    try:
        where = openid.check(provider)
    except openid.ProviderAway as error:
        said = f"The provider of the single sign-on is away: {one_line(error)}"
        yield Finding("sign-on", "wrong", said, "Check OIDC_ISSUER; passwords work meanwhile, unless switched off.")
    else:
        yield Finding("sign-on", "ok", f"The single sign-on sends people to {urlsplit(where).hostname}.")


def examine_names(
    installation: Installation, sender: str, resolver: dns.resolver.Resolver | None
) -> Iterator[Finding]:
    """What receivers look up about mail of ours (RFC 7208, 7489, 6376, and the sender's own address)."""
    settings, domain = installation.settings, sender.rpartition("@")[2]
    if not settings.mail_server or "." not in domain:
        return
    ask = _asker(resolver)
    try:
        spf = [each for each in ask(domain, "TXT") if each.lower().startswith("v=spf1")]
        policy = [each for each in ask(f"_dmarc.{domain}", "TXT") if each.lower().startswith("v=dmarc1")]
        comes_back = ask(domain, "MX") or ask(domain, "A") or ask(domain, "AAAA")
    except dns.exception.DNSException as error:
        yield Finding("names", "hint", f"The DNS does not answer: {one_line(error)}", "Check /etc/resolv.conf.")
        return
    if len(spf) == 1:
        yield Finding("SPF", "ok", f"{domain} says who may send its mail.")
    elif spf:
        todo = "Put them together in one record."
        yield Finding("SPF", "wrong", f"{domain} has {len(spf)} SPF records: receivers then take none.", todo)
    else:
        said = f"{domain} has no SPF record: receivers trust its mail less."
        yield Finding("SPF", "hint", said, f'TXT at {domain}: "v=spf1 a mx include:YOUR-RELAY ~all"')
    yield (
        Finding("DMARC", "ok", f"{domain} has a DMARC policy.")
        if policy
        else Finding(
            "DMARC",
            "hint",
            f"{domain} has no DMARC policy; large providers ask it of bulk senders.",
            f'TXT at _dmarc.{domain}: "v=DMARC1; p=none"',
        )
    )
    if not comes_back:
        said = f"{domain} takes no mail: it has neither MX nor an address, and receivers refuse such senders."
        yield Finding("sender", "wrong", said, "Set MAIL_DEFAULT_SENDER to an address that exists.")
    yield from _dkim(installation, ask)
    yield from _reverse(settings.mail_server, ask)


def _dkim(installation: Installation, ask: Callable[[str, str], list[str]]) -> Iterator[Finding]:
    settings = installation.settings
    if settings.dkim_domain is None or settings.dkim_selector is None:
        todo = "Let the relay sign, or set DKIM_DOMAIN and its like."
        yield Finding("DKIM", "hint", "Mail is not signed here.", todo)
        return
    name = f"{settings.dkim_selector}._domainkey.{settings.dkim_domain}"
    if any("p=" in each and "p=;" not in each.replace(" ", "") for each in ask(name, "TXT")):
        yield Finding("DKIM", "ok", f"The public key stands at {name}.")
    else:
        said = f"There is no public key at {name}: every signature of ours fails."
        yield Finding("DKIM", "wrong", said, "Put the key's public half there as TXT: v=DKIM1; k=rsa; p=…")


def _reverse(server: str, ask: Callable[[str, str], list[str]]) -> Iterator[Finding]:
    """Only where the mail server is this machine's own does its address have to have a name (RFC 5321, 4.1.4)."""
    for address in ask(server, "A")[:1]:
        if not ask(str(dns.reversename.from_address(address)), "PTR") and not address.startswith("127."):
            said = f"{address} ({server}) has no name in the reverse DNS."
            todo = "Where it sends to receivers itself, ask its provider for a PTR record."
            yield Finding("PTR", "hint", said, todo)


def _asker(resolver: dns.resolver.Resolver | None) -> Callable[[str, str], list[str]]:
    used = resolver or dns.resolver.Resolver()
    used.lifetime = NETWORK_SECONDS

    def ask(name: str, kind: str) -> list[str]:
        try:
            found = used.resolve(name, kind, search=False)
        except (dns.resolver.NXDOMAIN, dns.resolver.NoAnswer, dns.name.LabelTooLong, dns.name.EmptyLabel):
            return []
        if kind == "TXT":
            return [b"".join(row.strings).decode("utf-8", "replace") for row in found]
        return [row.to_text() for row in found]

    return ask


def examine_address(installation: Installation, base: str, now: datetime) -> Iterator[Finding]:
    """The page from outside, as readers and links in mail reach it."""
    settings, parts = installation.settings, urlsplit(base)
    if base == settings.local_url:
        said = "The page has no public address: links in mail lead to this machine."
        yield Finding("address", "wrong", said, "Set STATUSPAGE_URL, or the address under Settings.")
        return
    if parts.scheme != "https":
        said = f"{base} is not https: log-ins travel readable."
        yield Finding("TLS", "hint", said, "Put TLS in front, and say https in STATUSPAGE_URL.")
    if parts.scheme == "https" and not settings.trusted_proxies:
        todo = "Set TRUSTED_PROXIES to the number of proxies in front, usually 1."
        yield Finding("proxy", "hint", "TRUSTED_PROXIES is 0: every visitor seems to come from the proxy.", todo)
    try:
        answer = httpx2.get(f"{base}/live.json", timeout=NETWORK_SECONDS, follow_redirects=False, trust_env=False)
    except (httpx2.HTTPError, OSError) as error:
        said = f"{base} cannot be reached: {one_line(error)}"
        yield Finding("address", "wrong", said, "Check DNS, TLS and the proxy.")
        return
    if answer.status_code != 200:
        said = f"{base}/live.json answers {answer.status_code}, not 200."
        yield Finding(
            "address", "wrong", said, "Check what stands in front: deploy/nginx.conf shows how it should be."
        )
        return
    yield Finding("address", "ok", f"{base} answers.")
    dated = answer.headers.get("Date")
    if dated is not None:
        theirs = parsedate_to_datetime(dated)
        if abs(theirs - now) > CLOCK_TOLERANCE + timedelta(seconds=NETWORK_SECONDS):
            said = f"The clock of {parts.hostname} differs from this machine's by {in_short(abs(theirs - now))}."
            yield Finding("clock", "wrong", said, "Keep the clocks of all machines right (NTP).")
