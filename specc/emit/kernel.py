"""``compile``: a spec's finite control as a kernel over batches."""

from __future__ import annotations

from typing import TYPE_CHECKING, assert_never

from specc.diagnostics import SpecError
from specc.emit.controller import Controller, formula_controller, signal_controller
from specc.emit.plan import FormulaScheme, NoScheme, ReturnScheme, SignalScheme, plan

if TYPE_CHECKING:
    from specc.emit.numba_kernels import Kernel
    from specc.resolve.file import Spec

__all__ = ["compile_spec", "control"]


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
                f"`{spec.name}` pays increments of a number of the run, which no table holds",
                source=spec.source,
                span=spec.declaration.name.span,
                help="`wrap` pays them",
            )
        case NoScheme() as scheme:
            from specc.emit.wrapper import refuse

            raise refuse(planned, spec.name, scheme)
        case _:
            assert_never(planned.scheme)


def compile_spec(spec: Spec, backend: str = "numba") -> Kernel:
    """The kernel of a spec; see :class:`specc.emit.numba_kernels.Kernel`.

    :raises SpecError: E801 or E812 no such kernel, E813 the backend is not in this version.
    """
    if backend == "torch":
        raise SpecError.of(
            "E813",
            "kernels for Torch are not in this version",
            help='use backend="numba"',
        )
    if backend != "numba":
        raise SpecError.of("E813", f"no backend `{backend}`", help='use backend="numba"')
    from specc.emit.numba_kernels import Kernel

    return Kernel(*control(spec))
