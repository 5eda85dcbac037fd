"""The scheme that a spec asks for, where its objective is the probability of a formula."""

from __future__ import annotations

from fractions import Fraction
from functools import lru_cache
from typing import TYPE_CHECKING, assert_never

from specc.diagnostics import SpecError
from specc.emit.plan import (
    FormulaScheme,
    FunctionalScheme,
    NoScheme,
    ReturnScheme,
    Scheme,
    SignalScheme,
)
from specc.model.mdp import Mdp
from specc.objective import stack

if TYPE_CHECKING:
    from specc.resolve.file import Spec

__all__ = ["chosen_scheme", "not_a_formula"]


def chosen_scheme(spec: Spec, planned: Scheme) -> Scheme:
    """``planned`` with the spec's choice of a scheme.

    :raises SpecError: E816 the objective is not the probability of one formula, or the scheme does
        not fit it; E5xx from the translation.
    """
    match planned:
        case FormulaScheme(event):
            pass
        case SignalScheme() | ReturnScheme() | FunctionalScheme() | NoScheme():
            if spec.scheme.name == "auto":
                return planned
            raise not_a_formula(spec)
        case _:
            assert_never(planned)
    match spec.scheme.name:
        case "auto":
            return FormulaScheme(event, "auto", spec.scheme.zeta)
        case "exact":
            return FormulaScheme(event, "exact")
        case "gadget":
            return FormulaScheme(event, "gadget", spec.scheme.zeta)
        case "two-discounts":
            return FormulaScheme(event, "two-discounts", spec.scheme.zeta)
        case "average":
            return _average(spec, event)
        case other:
            raise ValueError(f"no scheme {other!r}")


def not_a_formula(spec: Spec) -> SpecError:
    """The error for an objective that has one reward, or none."""
    return SpecError.of(
        "E816",
        f"`{spec.name}` is not the probability of one formula, so its reward needs no scheme",
        source=spec.source,
        span=spec.declaration.name.span,
        help="leave the choice of a scheme out",
    )


def _average(spec: Spec, event: stack.Satisfaction | stack.AutomatonSatisfaction) -> SignalScheme:
    if not isinstance(spec.environment, Mdp):
        raise SpecError.of(
            "E816",
            f"the scheme `average` chooses cycles of a finite environment, and `{spec.name}` names "
            "none",
            source=spec.source,
            span=spec.declaration.name.span,
            help="name one with `in`, or take the scheme `gadget`",
        )
    machine = _machine(event, spec.environment)
    signal = stack.MachineOutput(machine, span=event.span)
    return SignalScheme(signal, "average", Fraction(1), event=event)


@lru_cache(maxsize=32)
def _machine(event: stack.Satisfaction | stack.AutomatonSatisfaction, mdp: Mdp) -> stack.Machine:
    from specc.emit.schemes.average import average_machine

    return average_machine(event, mdp)
