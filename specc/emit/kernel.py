"""A spec's finite control as a kernel over batches, for rewards that stay."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, assert_never

from specc.diagnostics import MissingExtra, SpecError
from specc.emit.controller import Controller, formula_controller, signal_controller
from specc.emit.plan import (
    FormulaScheme,
    FunctionalScheme,
    NoScheme,
    ReturnScheme,
    Scheme,
    SignalScheme,
)
from specc.emit.planned import plan

if TYPE_CHECKING:
    from specc.emit.kernel_tables import KernelTables
    from specc.emit.sets.tables import SetTables
    from specc.resolve.file import Spec

__all__ = [
    "control",
    "fixed_kernel",
    "kernel_of",
    "kernel_parts",
    "numbered_kernel",
]


def control(spec: Spec) -> tuple[Controller, int]:
    """The spec's controller and its horizon (-1: none).

    :raises SpecError: E801 no reward per step, E812 a scheme whose memory is not finite.
    """
    planned = plan(spec)
    match planned.scheme:
        case SignalScheme() as scheme:
            horizon = -1 if scheme.horizon is None else scheme.horizon
            return signal_controller(scheme), horizon
        case FormulaScheme() as scheme:
            return formula_controller(scheme)[0], -1
        case ReturnScheme() as scheme:
            raise SpecError.of(
                "E812",
                f"`{spec.name}` pays gains of running numbers; they have no letters, only the "
                "transitions of a model",
                source=spec.source,
                span=spec.declaration.name.span,
                help="use the target `gym`, `drn` or `json`, `compile` or `wrap`",
            )
        case (FunctionalScheme() | NoScheme()) as scheme:
            from specc.emit.wrapper import refuse

            raise refuse(planned, spec.name, scheme)
        case _:
            assert_never(planned.scheme)


def fixed_kernel(spec: Spec, backend: str = "numba") -> Any:
    """The kernel of a spec with one reward per step that stays. Raises as
    :func:`specc.emit.compiled.compile_spec`, and E801 for others."""
    if backend == "torch":
        _torch()
    sets = _sets(spec)
    return numbered_kernel(spec, backend) if sets is None else _set_kernel(sets, backend)


def numbered_kernel(spec: Spec, backend: str = "numba") -> Any:
    """The kernel whose memories have numbers, also where the memory is a set: one that a run can
    visit. Else as :func:`fixed_kernel`, which makes no such tables for sets.

    :raises SpecError: as :func:`fixed_kernel`; E804 there are too many sets.
    """
    return kernel_of(spec, plan(spec).scheme, backend)


def kernel_of(spec: Spec, scheme: Scheme, backend: str) -> Any:
    """The same of a scheme in the spec's environment."""
    made = _torch() if backend == "torch" else None
    tables, controller, signal = kernel_parts(spec, scheme)
    if made is not None:
        if tables.diagram is not None:
            from specc.emit.torch_branching import BranchingTorchKernel as made
        return made(tables, controller, signal)
    if controller is not None and tables.diagram is not None:
        from specc.emit.branching_kernel import BranchingKernel

        return BranchingKernel(tables, controller)
    from specc.emit.numba_kernels import Kernel

    return Kernel(tables, controller)


def _sets(spec: Spec) -> SetTables | None:
    """The arrays of a return over visited sets only; None for other specs."""
    from specc.model.mdp import Mdp

    scheme = plan(spec).scheme
    if not isinstance(scheme, ReturnScheme) or not isinstance(spec.environment, Mdp):
        return None
    from specc.emit.sets.tables import of_sets

    return of_sets(spec.environment, scheme)


def _set_kernel(tables: SetTables, backend: str) -> Any:
    if backend == "torch":
        from specc.emit.sets.torch_kernel import TorchSetKernel

        return TorchSetKernel(tables)
    from specc.emit.sets.kernel import SetKernel

    return SetKernel(tables)


def _torch() -> Any:
    """The class of Torch kernels."""
    try:
        from specc.emit.torch_kernels import TorchKernel
    except ImportError as error:
        raise MissingExtra("kernels for Torch need it: pip install 'specc-rl[torch]'") from error
    return TorchKernel


def kernel_parts(
    spec: Spec, scheme: Scheme
) -> tuple[KernelTables, Controller | None, SignalScheme | None]:
    """What a kernel is made of."""
    from specc.emit.kernel_tables import of_controller, of_return

    if isinstance(scheme, ReturnScheme):
        # It brings the exact arithmetic of evaluation, which other kernels start without.
        from specc.emit.tables import finite_model

        return of_return(finite_model(spec), scheme), None, None
    if isinstance(scheme, FormulaScheme):
        controller, formula = formula_controller(scheme)
        return of_controller(controller, -1, formula), controller, None
    if isinstance(scheme, SignalScheme):
        controller, horizon = signal_controller(scheme), scheme.horizon
        tables = of_controller(controller, -1 if horizon is None else horizon, "")
        return tables, controller, scheme
    control(spec)
    raise AssertionError("`control` refuses what has no kernel")
