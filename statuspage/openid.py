"""The provider of the single sign-on, as OpenID Connect Core 1.0 has it: code flow, PKCE, state and nonce.

Its issuer is a setting, so its own host is reached wherever that is; other hosts that its discovery names are judged
like a webhook's. No redirect is followed, an answer is cut off, and one deadline holds for a whole exchange. Nothing
is kept between two sign-ons: keys that the provider changed count at once.
"""

from __future__ import annotations

import json
import time
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from ipaddress import ip_network
from typing import Any
from urllib.parse import urlencode, urlsplit

import httpcore2
from authlib.common.security import generate_token
from authlib.oauth2.base import OAuth2Error
from authlib.oauth2.client import OAuth2Client
from authlib.oidc.core import CodeIDToken
from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import KeySet

from statuspage.notify.posting import AGENT, CONNECT_SECONDS, JudgedBackend, ascii_url, tls_context
from statuspage.reaching import Networks, Unreachable
from statuspage.settings import Settings

TOTAL_SECONDS = 8.0
ENOUGH = 512 * 1024
LEEWAY = 60
"""Seconds by which the provider's clock may differ from ours."""
ALGORITHMS = ("RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512", "EdDSA", "Ed25519")
"""Signatures with a key of the provider; never `none`, never a shared secret."""
ANYWHERE = (ip_network("0.0.0.0/0"), ip_network("::/0"))
WELL_KNOWN = "/.well-known/openid-configuration"
MULTIPLE = "mfa"
"""RFC 8176: the provider asked for more than one factor."""


class SignOnFailed(Exception):
    """The provider's answer proves nothing. The message is for people."""


class ProviderAway(SignOnFailed):
    """The provider cannot be reached, or does not answer as one."""


@dataclass(frozen=True)
class Provider:
    """Whom to ask, and as whom: the settings OIDC_…"""

    issuer: str
    client_id: str
    client_secret: str | None
    scopes: str
    allowed: Networks = ()
    """Private networks that its other hosts may be in."""
    total: float = TOTAL_SECONDS


def provider_of(settings: Settings) -> Provider | None:
    """The provider that the settings name; None without one."""
    if settings.oidc_issuer is None or settings.oidc_client_id is None:
        return None
    return Provider(
        settings.oidc_issuer,
        settings.oidc_client_id,
        settings.oidc_client_secret,
        settings.oidc_scopes,
        settings.probe_allow_private,
    )


@dataclass(frozen=True)
class Errand:
    """A sign-on under way: where the browser is sent, and what must come back with it."""

    url: str
    state: str
    nonce: str
    verifier: str


@dataclass(frozen=True)
class Assertion:
    """What the provider says of somebody, its signature checked."""

    issuer: str
    subject: str
    email: str | None
    verified: bool
    two_factors: bool
    claims: Mapping[str, Any]


def begin(provider: Provider, redirect: str) -> Errand:
    """Where to send the browser. Raises ProviderAway."""
    wire = _Wire(provider)
    facts = _discover(wire, provider)
    state, nonce, verifier = (generate_token(48) for _ in range(3))
    client = _client(wire, provider, facts, redirect)
    url, _state = client.create_authorization_url(
        facts["authorization_endpoint"], state=state, code_verifier=verifier, nonce=nonce
    )
    return Errand(url, state, nonce, verifier)


def finish(
    provider: Provider, redirect: str, *, code: str, verifier: str, nonce: str, issuer: str | None, now: datetime
) -> Assertion:
    """Exchange the code for what the provider says. `issuer` is that of the answer (RFC 9207), where it names one.
    Raises SignOnFailed."""
    wire = _Wire(provider)
    facts = _discover(wire, provider)
    named = bool(facts.get("authorization_response_iss_parameter_supported"))
    if (issuer is not None or named) and issuer != facts["issuer"]:
        raise SignOnFailed("The answer is not of the provider that was asked.")
    client = _client(wire, provider, facts, redirect)
    try:
        tokens = client.fetch_token(facts["token_endpoint"], code=code, code_verifier=verifier)
    except OAuth2Error as error:
        raise SignOnFailed(f"The provider refused the code: {str(error)[:200]}") from None
    except ValueError as error:
        raise ProviderAway(f"{wire.host}: {error}"[:300]) from None
    claims = _checked(wire, provider, facts, tokens, nonce, now)
    if claims.get("email") is None and "userinfo_endpoint" in facts and tokens.get("access_token"):
        claims = _with_userinfo(wire, facts, claims, tokens["access_token"])
    return _assertion(facts["issuer"], claims)


def check(provider: Provider) -> str:
    """Where it would send people: for `flask check`. Raises ProviderAway."""
    return str(_discover(_Wire(provider), provider)["authorization_endpoint"])


def _client(wire: _Wire, provider: Provider, facts: Mapping[str, Any], redirect: str) -> OAuth2Client:
    offered = facts.get("token_endpoint_auth_methods_supported")
    way = None
    if provider.client_secret and isinstance(offered, list) and "client_secret_basic" not in offered:
        way = "client_secret_post"
    return OAuth2Client(
        wire,
        client_id=provider.client_id,
        client_secret=provider.client_secret,
        token_endpoint_auth_method=way,
        scope=provider.scopes,
        redirect_uri=redirect,
        code_challenge_method="S256",
    )


def _discover(wire: _Wire, provider: Provider) -> dict[str, Any]:
    facts = wire.get(provider.issuer.rstrip("/") + WELL_KNOWN)
    issuer = facts.get("issuer")
    if not isinstance(issuer, str) or issuer.rstrip("/") != provider.issuer.rstrip("/"):
        raise ProviderAway(f"{wire.host} calls itself {issuer!r}, and OIDC_ISSUER is {provider.issuer!r}"[:300])
    for name in ("authorization_endpoint", "token_endpoint", "jwks_uri"):
        _check_endpoint(provider, name, facts.get(name))
    if facts.get("userinfo_endpoint") is not None:
        _check_endpoint(provider, "userinfo_endpoint", facts["userinfo_endpoint"])
    return facts


def _check_endpoint(provider: Provider, name: str, url: Any) -> None:
    schemes = ("https", urlsplit(provider.issuer).scheme)
    if not isinstance(url, str) or urlsplit(url).scheme not in schemes or not urlsplit(url).hostname:
        raise ProviderAway(f"the provider names no usable {name}: {str(url)[:200]!r}")


def _checked(
    wire: _Wire,
    provider: Provider,
    facts: Mapping[str, Any],
    tokens: Mapping[str, Any],
    nonce: str,
    now: datetime,
) -> dict[str, Any]:
    """The claims of the ID token (OpenID Connect Core, 3.1.3.7)."""
    try:
        keys = KeySet.import_key_set(wire.get(facts["jwks_uri"]))  # type: ignore[arg-type]
        token = jwt.decode(str(tokens.get("id_token")), keys, algorithms=ALGORITHMS)
        claims = CodeIDToken(
            token.claims,
            token.header,
            {
                "iss": {"essential": True, "value": facts["issuer"]},
                "aud": {"essential": True, "value": provider.client_id},
                "nonce": {"essential": True, "value": nonce},
            },
            {"nonce": nonce, "client_id": provider.client_id, "access_token": tokens.get("access_token")},
        )
        claims.validate(int(now.timestamp()), LEEWAY)
    except (JoseError, ValueError, KeyError, TypeError) as error:
        raise SignOnFailed(f"The provider's answer does not hold: {type(error).__name__}: {error}"[:200]) from None
    return dict(claims)


def _with_userinfo(wire: _Wire, facts: Mapping[str, Any], claims: dict[str, Any], access: str) -> dict[str, Any]:
    """The claims and, beside them, those of the UserInfo endpoint (5.3), which must be of the same subject."""
    said = wire.get(facts["userinfo_endpoint"], {"Authorization": f"Bearer {access}"})
    if said.get("sub") != claims["sub"]:
        raise SignOnFailed("The provider speaks of somebody else the second time.")
    return said | claims


def _assertion(issuer: str, claims: Mapping[str, Any]) -> Assertion:
    subject, email, methods = claims.get("sub"), claims.get("email"), claims.get("amr")
    if not isinstance(subject, str) or not 0 < len(subject) <= 255:
        raise SignOnFailed("The provider does not say who this is.")
    return Assertion(
        issuer=issuer,
        subject=subject,
        email=email if isinstance(email, str) else None,
        verified=claims.get("email_verified") in (True, "true"),
        two_factors=isinstance(methods, list) and MULTIPLE in methods,
        claims=claims,
    )


@dataclass(frozen=True)
class _Reply:
    """An answer as authlib's client reads it."""

    status_code: int
    body: bytes

    def json(self) -> Any:
        return json.loads(self.body)

    def raise_for_status(self) -> None:
        if self.status_code >= 400:
            raise ValueError(f"answered {self.status_code}")


class _Wire:
    """One exchange with the provider: what authlib's client calls its session."""

    def __init__(self, provider: Provider) -> None:
        self.host = urlsplit(provider.issuer).hostname or ""
        self._allowed = provider.allowed
        self._total = provider.total
        self._deadline = time.monotonic() + provider.total

    def get(self, url: str, headers: Mapping[str, str] | None = None) -> dict[str, Any]:
        """The JSON object at `url`. Raises ProviderAway."""
        reply = self._exchange("GET", url, {"Accept": "application/json", **(headers or {})}, b"")
        try:
            said = reply.json() if reply.status_code == 200 else None
        except (ValueError, RecursionError):
            said = None
        if not isinstance(said, dict):
            raise ProviderAway(f"{url.partition('?')[0][:200]} answered {reply.status_code}, and no JSON object")
        return said

    def post(self, url: str, data: Mapping[str, str], headers: Mapping[str, str], auth: Any) -> _Reply:
        """POST a form, signed by `auth`. Raises ProviderAway."""
        url, signed, body = auth.prepare("POST", url, dict(headers), urlencode(data))
        return self._exchange("POST", url, signed, body.encode())

    def _exchange(self, method: str, url: str, headers: Mapping[str, str], body: bytes) -> _Reply:
        host = urlsplit(url).hostname
        backend = JudgedBackend(ANYWHERE if host == self.host else self._allowed, self._deadline)
        timeouts = {"connect": CONNECT_SECONDS, "read": self._total, "write": self._total, "pool": self._total}
        sent: dict[bytes | str, bytes | str] = {"User-Agent": AGENT}
        sent.update(headers)
        pool = httpcore2.ConnectionPool(ssl_context=tls_context(), network_backend=backend, max_connections=1)
        try:
            with (
                pool,
                pool.stream(
                    method,
                    httpcore2.URL(ascii_url(url)),
                    headers=sent,
                    content=body,
                    extensions={"timeout": timeouts},
                ) as answer,
            ):
                return _Reply(answer.status, _read(answer, host))
        except Unreachable as error:
            raise ProviderAway(str(error)) from None
        except (httpcore2.TimeoutException, TimeoutError):
            raise ProviderAway(f"{host} gives no answer within {self._total:g} s") from None
        except (httpcore2.NetworkError, httpcore2.ProtocolError, OSError, ValueError) as error:
            raise ProviderAway(f"{host}: {type(error).__name__}: {error}"[:300]) from None


def _read(answer: Any, host: str | None) -> bytes:
    read = bytearray()
    for piece in answer.iter_stream():
        read += piece
        if len(read) > ENOUGH:
            raise ProviderAway(f"{host} does not stop answering")
    return bytes(read)
