"""Verdicts in tests, in short."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from apiscape.health.evidence import Evidence
from apiscape.health.judge import judge
from tests.unit.health.evidence import NOW

DAY = timedelta(days=1)


def verdict(evidence: Evidence, **more: Any) -> tuple[str, str]:
    health = judge(evidence, NOW, **more)
    return health.state, health.basis


def reason(evidence: Evidence, **more: Any) -> str:
    return judge(evidence, NOW, **more).reasons[0]
