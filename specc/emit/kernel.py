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
                f"`{spec.name}` pays gains of running numbers; they have no letters, only the "
                "transitions of a model",
                source=spec.source,
                span=spec.declaration.name.span,
                help="use the target `gym`, `drn` or `json`, `compile` or `wrap`",
            )
        case NoScheme() as scheme:
            from specc.emit.wrapper import refuse

            raise refuse(planned, spec.name, scheme)
        case _:
            assert_never(planned.scheme)


def compile_spec(spec: Spec, backend: str = "numba") -> Kernel:
    """The kernel of a spec; see :class:`specc.emit.numba_kernels.Kernel`.

    Letters are classes of propositions; for gains of running numbers they are the transitions of
    the spec's finite environment.

    :raises SpecError: E801 or E812 no such kernel, E804 too large, E810 it needs a finite
        environment, E813 the backend is not in this version.

    >>> import numpy as np
    >>> from specc.resolve.file import load_text
    >>> kernel = compile_spec(load_text("spec s = E[discounted(2*[a] - [b], 0.9)]")["s"])
    >>> _, reward, _ = kernel.step(kernel.initial(2), np.array([[True, True], [True, False]]))
    >>> reward.tolist()
    [1.0, 2.0]
    """
    if backend == "torch":
        raise SpecError.of(
            "E813",
            "kernels for Torch are not in this version",
            help='use backend="numba"',
        )
    if backend != "numba":
        raise SpecError.of("E813", f"no backend `{backend}`", help='use backend="numba"')
    from specc.emit.kernel_tables import of_controller, of_return
    from specc.emit.numba_kernels import Kernel
    from specc.emit.tables import finite_model

    scheme = plan(spec).scheme
    if isinstance(scheme, ReturnScheme):
        return Kernel(of_return(finite_model(spec), scheme))
    controller, horizon = control(spec)
    formula = formula_controller(scheme)[1] if isinstance(scheme, FormulaScheme) else ""
    return Kernel(of_controller(controller, horizon, formula), controller)
