"""Policy keys of a case file, as changes to a venue's own policy."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from tieout.core.policy import KindRule, Policy, Tolerance


def with_changes(policy: Policy, changes: Mapping[str, Any]) -> Policy:
    """The policy with the keys that are set; `tolerance` and `by_kind` are merged key by key.

    >>> with_changes(Policy(), {"on_missing": "flag"}).on_missing
    'flag'
    """
    plain = {name: value for name, value in changes.items() if name not in ("tolerance", "by_kind")}
    return replace(
        policy,
        tolerance=_tolerance(policy.tolerance, changes.get("tolerance", {})),
        by_kind={**policy.by_kind, **_rules(changes.get("by_kind", {}))},
        **plain,
    )


def _tolerance(tolerance: Tolerance, changes: Mapping[str, Any]) -> Tolerance:
    return replace(tolerance, **changes)


def _rules(changes: Mapping[str, Mapping[str, Any]]) -> dict[str, KindRule]:
    return {kind: KindRule(**rule) for kind, rule in changes.items()}
