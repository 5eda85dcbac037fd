"""The plan of a spec: that of its objective, with the scheme that was asked for."""

from __future__ import annotations

from dataclasses import replace

from specc.emit.plan import Plan, plan_objective
from specc.emit.schemes.chosen import chosen_scheme
from specc.resolve.file import SchemeChoice, Spec

__all__ = ["plan"]


def plan(spec: Spec) -> Plan:
    """The plan of a spec; never raises for an objective without a per-step reward.

    :raises SpecError: E816 the scheme that was asked for does not fit the objective.
    """
    planned = plan_objective(spec.objective)
    if spec.scheme == SchemeChoice():
        return planned
    return replace(planned, scheme=chosen_scheme(spec, planned.scheme))
