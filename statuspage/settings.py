"""Every setting: its name in the environment, its default and the reason for it.

`NAME_FILE` may stand in place of any `NAME` and names a file that holds the value. A bad value stops the start
with one line that names the setting.
"""

from __future__ import annotations

import os
import re
import secrets
from collections.abc import Mapping
from email.utils import parseaddr
from ipaddress import IPv4Network, IPv6Network, ip_network
from pathlib import Path
from typing import Annotated, Any, Literal
from urllib.parse import urlsplit

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
from cryptography.hazmat.primitives.serialization import load_pem_private_key
from pydantic import BaseModel, ConfigDict, Field, ValidationError, ValidationInfo, field_validator

from statuspage.addresses import check_base_address, check_web_address
from statuspage.admission import RoleRule, read_rules

ROOT = Path(__file__).resolve().parent.parent
_BOUNCE_ADDRESS = re.compile(r"[A-Za-z0-9._-]{1,24}@[A-Za-z0-9-]+(\.[A-Za-z0-9-]+)*")
_DNS_NAME = re.compile(r"[A-Za-z0-9_-]+(\.[A-Za-z0-9_-]+)*")
_BUCKET = re.compile(r"s3://[a-z0-9][a-z0-9.-]{1,62}(/[^?#]*)?(\?[^#]*)?")


class SettingsError(Exception):
    """A setting cannot be used. The message is one line that names it."""


class Settings(BaseModel):
    """All settings, validated; field names are the environment's names in lower case."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    host: str = "127.0.0.1"
    """Address to listen on; loopback, because a proxy is expected in front."""
    port: Annotated[int, Field(ge=0, le=65535)] = 8000
    statuspage_instance: Path = ROOT / "instance"
    """Folder of database, queue, published site and secret key."""
    statuspage_url: str | None = None
    """Public base URL; beats the page's own. Links are built from it, never from a Host header."""
    secret_key: str | None = None
    """Signs sessions; else made once in the instance."""
    database_url: str | None = None
    """SQLAlchemy URL; else SQLite in the instance."""
    queue_url: str | None = None
    """postgresql://… or redis://…; else SQLite in the instance."""
    statuspage_policy: str = "standard"
    """Preset id, policy file, or folder with several versions of one policy."""
    mail_server: str | None = None
    """Without it mail is kept as due and the admin says so."""
    mail_port: Annotated[int, Field(ge=1, le=65535)] = 25
    mail_username: str | None = None
    mail_password: str | None = None
    mail_use_tls: bool = False
    mail_use_ssl: bool = False
    mail_default_sender: str | None = None
    """Else status@ the host of the public URL."""
    mail_bounce_address: str | None = None
    """Where bounces come in; each mail's return address is this one with a tag of its own (VERP)."""
    dkim_domain: str | None = None
    dkim_selector: str | None = None
    dkim_key: Annotated[str | None, Field(validate_default=True)] = None
    """RSA private key (PEM) that signs every mail for `dkim_domain`; its public half stands in the DNS."""
    mailgun_signing_key: str | None = None
    """With it Mailgun's events count only if they bear its signature."""
    oidc_issuer: str | None = None
    """The provider of a single sign-on (OpenID Connect), by the address it calls itself; https."""
    oidc_client_id: Annotated[str | None, Field(validate_default=True)] = None
    oidc_client_secret: str | None = None
    """Not set for a public client; the exchange is bound by PKCE either way."""
    oidc_name: str | None = None
    """What the button calls it; else the issuer's host."""
    oidc_scopes: str = "openid email profile"
    oidc_roles: Annotated[tuple[RoleRule, ...], Field(validate_default=True)] = ()
    """Which role somebody new gets; without it only who is known or invited comes in. Nobody's role changes later."""
    password_login: Annotated[bool, Field(validate_default=True)] = True
    """False: nobody logs in with a password; passkeys and the single sign-on remain."""
    trusted_proxies: Annotated[int, Field(ge=0, le=10)] = 0
    """How many proxies in front set X-Forwarded-For; 0 trusts nobody."""
    statuspage_user: str | None = None
    """Whose role and name commands act with; else the machine's account, which may do all."""
    log_level: Literal["debug", "info", "warning", "error"] = "info"
    probe_allow_private: tuple[IPv4Network | IPv6Network, ...] = ()
    """CIDRs that monitors and operators' webhooks may reach besides public addresses."""

    api_rate_limit: Annotated[int, Field(ge=1, le=1_000_000)] = 3000
    """Calls of API v1 that a token may make in a minute, with each web process."""
    publish_targets: tuple[str, ...] = ()
    """Copies of the published folder: folders, or s3://bucket/prefix?endpoint=…, with commas between."""

    @field_validator("log_level", mode="before")
    @classmethod
    def lower_level(cls, value: Any) -> Any:
        return value.lower() if isinstance(value, str) else value

    @field_validator("probe_allow_private", mode="before")
    @classmethod
    def split_networks(cls, value: Any) -> Any:
        if not isinstance(value, str):
            return value
        return tuple(ip_network(part.strip()) for part in value.split(",") if part.strip())

    @field_validator("publish_targets", mode="before")
    @classmethod
    def split_targets(cls, value: Any) -> Any:
        if not isinstance(value, str):
            return value
        targets = tuple(part.strip() for part in value.split(",") if part.strip())
        for target in targets:
            if not target.startswith("/") and not _BUCKET.fullmatch(target):
                raise ValueError(f"{target!r} is neither an absolute folder nor s3://bucket/prefix")
        return targets

    @field_validator("oidc_issuer")
    @classmethod
    def check_issuer(cls, value: str | None) -> str | None:
        if value is None:
            return None
        url = urlsplit(check_web_address(value))
        local = url.hostname in ("localhost", "127.0.0.1", "::1")
        if url.query or url.fragment or (url.scheme != "https" and not local):
            raise ValueError("must be an https address without ? or #, as the provider's discovery names it")
        return value

    @field_validator("oidc_client_id")
    @classmethod
    def check_client(cls, value: str | None, info: ValidationInfo) -> str | None:
        if (value is None) != (info.data.get("oidc_issuer") is None):
            raise ValueError("OIDC_ISSUER and OIDC_CLIENT_ID must be set together")
        return value

    @field_validator("oidc_scopes")
    @classmethod
    def check_scopes(cls, value: str) -> str:
        if "openid" not in value.split():
            raise ValueError("must have openid among its words")
        return " ".join(value.split())

    @field_validator("oidc_roles", mode="before")
    @classmethod
    def read_roles(cls, value: Any) -> Any:
        return read_rules(value) if isinstance(value, str) else value

    @field_validator("password_login")
    @classmethod
    def check_way_in(cls, value: bool, info: ValidationInfo) -> bool:
        if not value and info.data.get("oidc_issuer") is None:
            raise ValueError("can be switched off only where OIDC_ISSUER gives another way in")
        return value

    @field_validator("statuspage_url")
    @classmethod
    def check_url(cls, value: str | None) -> str | None:
        if value is None:
            return None
        return check_base_address(check_web_address(value)).rstrip("/")

    @field_validator("mail_default_sender")
    @classmethod
    def check_sender(cls, value: str | None) -> str | None:
        local, _, domain = parseaddr(value or "")[1].rpartition("@")
        if value is not None and (not local or not domain or not value.isprintable()):
            raise ValueError("must be an address such as status@example.com or Status <status@example.com>")
        return value

    @field_validator("mail_bounce_address")
    @classmethod
    def check_bounce_address(cls, value: str | None) -> str | None:
        if value is not None and not _BOUNCE_ADDRESS.fullmatch(value):
            raise ValueError("must be an address without a + such as bounces@example.com")
        return value

    @field_validator("dkim_domain", "dkim_selector")
    @classmethod
    def check_dkim_name(cls, value: str | None) -> str | None:
        if value is not None and not _DNS_NAME.fullmatch(value):
            raise ValueError("must be a name of the DNS such as example.com")
        return value

    @field_validator("dkim_key")
    @classmethod
    def check_dkim_key(cls, value: str | None, info: ValidationInfo) -> str | None:
        given = [value, *(info.data.get(name) for name in ("dkim_domain", "dkim_selector"))]
        if not any(given):
            return None
        if not all(given) or value is None:
            raise ValueError("DKIM_DOMAIN, DKIM_SELECTOR and DKIM_KEY must be set together")
        try:
            key = load_pem_private_key(value.encode("ascii"), password=None)
        except (UnsupportedAlgorithm, TypeError, ValueError):
            key = None
        if not isinstance(key, RSAPrivateKey):
            raise ValueError("must be an RSA private key in PEM, not encrypted")
        if key.key_size < 1024:
            raise ValueError(f"a key of {key.key_size} bits is too short: receivers refuse less than 1024 (RFC 8301)")
        return value

    @field_validator("database_url")
    @classmethod
    def check_database(cls, value: str | None) -> str | None:
        if value is not None and not value.startswith(("sqlite:", "postgres://", "postgresql")):
            raise ValueError("must begin with postgresql:// or sqlite:///")
        return value

    @field_validator("queue_url")
    @classmethod
    def check_queue(cls, value: str | None) -> str | None:
        schemes = ("sqlite:", "postgres://", "postgresql://", "redis://", "rediss://")
        if value is not None and not value.startswith(schemes):
            raise ValueError("must begin with postgresql://, redis:// or sqlite:///")
        return value

    @property
    def instance(self) -> Path:
        """The instance folder, absolute."""
        return self.statuspage_instance.resolve()

    @property
    def oidc_host(self) -> str | None:
        """The host of the single sign-on's provider, None without one."""
        return urlsplit(self.oidc_issuer).hostname if self.oidc_issuer else None

    @property
    def public_folder(self) -> Path:
        """Where the published site lies."""
        return self.instance / "public"

    @property
    def local_url(self) -> str:
        """Where the page is as long as nobody gave it a public URL: this machine."""
        return local_address(self.host, self.port)

    def base_url(self, own: str | None) -> str:
        """What public links begin with, without a slash at the end; `own` is the page's URL."""
        return (self.statuspage_url or own or self.local_url).rstrip("/")

    @property
    def database(self) -> str:
        """The database's URL, the default filled in."""
        return self.database_url or f"sqlite:///{self.instance / 'statuspage.db'}"

    @property
    def queue(self) -> str:
        """The queue's URL, the default filled in."""
        return self.queue_url or f"sqlite:///{self.instance / 'queue.db'}"


def local_address(host: str, port: int) -> str:
    """What a browser on this machine opens when a server listens on `host` and `port`."""
    here = reachable_host(host)
    return f"http://[{here}]:{port}" if ":" in here else f"http://{here}:{port}"


def reachable_host(host: str) -> str:
    """Where this machine reaches what listens on `host`: all addresses are reached by loopback."""
    return "127.0.0.1" if host in ("0.0.0.0", "::") else host  # noqa: S104  compared, not bound


SETTING_NAMES = tuple(name.upper() for name in Settings.model_fields)
_SECRET = (
    "SECRET_KEY",
    "MAIL_PASSWORD",
    "DKIM_KEY",
    "MAILGUN_SIGNING_KEY",
    "OIDC_CLIENT_SECRET",
    "DATABASE_URL",
    "QUEUE_URL",
)
_EMPTY_MEANS_UNSET = {
    name for name in SETTING_NAMES if name not in ("OIDC_ROLES", "PROBE_ALLOW_PRIVATE", "PUBLISH_TARGETS")
}


def read_settings(environment: Mapping[str, str] | None = None) -> Settings:
    """Settings from the environment. Raises SettingsError with one line naming the first bad setting."""
    environment = os.environ if environment is None else environment
    values: dict[str, str] = {}
    for name in SETTING_NAMES:
        value = _read_value(name, environment)
        if value is not None and not (value == "" and name in _EMPTY_MEANS_UNSET):
            values[name.lower()] = value
    try:
        return Settings.model_validate(values)
    except ValidationError as error:
        first = error.errors()[0]
        name = str(first["loc"][0]).upper()
        shown = "" if name in _SECRET else f"{values.get(name.lower())!r}: "
        raise SettingsError(f"{name}: {shown}{first['msg'].removeprefix('Value error, ')}") from None


def _read_value(name: str, environment: Mapping[str, str]) -> str | None:
    path = environment.get(f"{name}_FILE")
    if not path:
        return environment.get(name)
    if environment.get(name):
        raise SettingsError(f"{name}: set either {name} or {name}_FILE, not both")
    try:
        return Path(path).read_text(encoding="utf-8").strip()
    except (OSError, UnicodeDecodeError) as error:
        raise SettingsError(f"{name}_FILE: {path!r} cannot be read: {error}") from None


def load_secret_key(settings: Settings) -> str:
    """SECRET_KEY, or the one kept in the instance, made on first use (mode 0600)."""
    if settings.secret_key:
        return settings.secret_key
    path = settings.instance / "secret_key"
    settings.instance.mkdir(parents=True, exist_ok=True)
    try:
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        return path.read_text(encoding="ascii").strip()
    with os.fdopen(descriptor, "w", encoding="ascii") as file:
        file.write(secrets.token_hex(32) + "\n")
        file.flush()
        os.fsync(file.fileno())
    return path.read_text(encoding="ascii").strip()
