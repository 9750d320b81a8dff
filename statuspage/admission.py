"""Which role somebody new gets who comes in by single sign-on: the rules of the setting OIDC_ROLES. Pure.

`ROLE:CLAIM=VALUE`, with commas between: `responder:groups=on-call, viewer:domain=example.com`. `domain` is that of
the verified e-mail address; any other word is a claim of the ID token, a text or a list of texts.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from statuspage.domain.vocabulary import Role

DOMAIN = "domain"
_RULE = re.compile(r"(?P<role>[a-z]+)\s*:\s*(?P<claim>[A-Za-z0-9_:./-]+)\s*=\s*(?P<value>[^,]+)")


@dataclass(frozen=True)
class RoleRule:
    """Whoever has `value` in `claim` may be `role`."""

    role: Role
    claim: str
    value: str

    def fits(self, claims: Mapping[str, Any], email: str) -> bool:
        """Whether somebody with these claims and this verified address is meant."""
        if self.claim == DOMAIN:
            return email.rpartition("@")[2].lower() == self.value.lower()
        said = claims.get(self.claim)
        return self.value in said if isinstance(said, list) else said == self.value


def read_rules(text: str) -> tuple[RoleRule, ...]:
    """The rules as written. Raises ValueError naming the first that cannot be read."""
    return tuple(_read_rule(part.strip()) for part in text.split(",") if part.strip())


def role_of(rules: Iterable[RoleRule], claims: Mapping[str, Any], email: str) -> Role | None:
    """The highest role that a rule gives, None when none fits."""
    ranks = list(Role)
    return max((rule.role for rule in rules if rule.fits(claims, email)), key=ranks.index, default=None)


def _read_rule(text: str) -> RoleRule:
    found = _RULE.fullmatch(text)
    if found is None:
        raise ValueError(f"{text!r} is not ROLE:CLAIM=VALUE, such as viewer:domain=example.com")
    if found["role"] not in list(Role):
        raise ValueError(f"{found['role']!r} is none of {', '.join(Role)}")
    return RoleRule(Role(found["role"]), found["claim"], found["value"].strip())
