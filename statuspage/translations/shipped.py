"""The words of the policy that a page begins with, in the reader's language; a policy of one's own stays as it is."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache

from statuspage.domain.sla.contract import Policy
from statuspage.domain.sla.policy import load_policy

SHIPPED = "standard"


@cache
def shipped_texts() -> frozenset[str]:
    """What it says on the page: its priorities, its promise and where it comes from."""
    policy = load_policy(SHIPPED)
    words = [text for each in policy.priorities for text in (each.name, each.means)]
    return frozenset(text for text in (*words, policy.page.guarantee, policy.source) if text)


def told_policy(policy: Policy, gettext: Callable[[str], str]) -> Policy:
    """The policy with those of its words that were shipped, in the language of `gettext`; what somebody wrote in
    their place is theirs to say."""
    if policy.id != SHIPPED:
        return policy

    def told(text: str) -> str:
        return gettext(text) if text in shipped_texts() else text

    priorities = tuple(
        each.model_copy(update={"name": told(each.name), "means": told(each.means)}) for each in policy.priorities
    )
    page = policy.page.model_copy(update={"guarantee": told(policy.page.guarantee)})
    return policy.model_copy(update={"priorities": priorities, "page": page, "source": told(policy.source)})
