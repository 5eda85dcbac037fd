"""``compile``: what a spec's objective is trained on in batches."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from specc.diagnostics import SpecError
from specc.emit.kernel import fixed_kernel
from specc.emit.plan import FunctionalScheme
from specc.emit.planned import plan

if TYPE_CHECKING:
    from specc.resolve.file import Spec

__all__ = ["compile_spec"]


def compile_spec(spec: Spec, backend: str = "numba") -> Any:
    """The kernel of a spec: a :class:`specc.emit.numba_kernels.Kernel`, or, for ``"torch"``, a
    :class:`specc.emit.torch_kernels.TorchKernel`; for functions of visited sets a
    :class:`specc.emit.sets.kernel.SetKernel` or its Torch form; of a function of several numbers of
    the policy a :class:`specc.emit.functional.kernel.FunctionalKernel`; of an order of several
    numbers a :class:`specc.emit.comparison.comparator.Comparator`.

    Letters are classes of propositions, or, where machine states tell too many apart, bit masks of
    them (:class:`specc.emit.branching_kernel.BranchingKernel`); for gains of running numbers they
    are the transitions of the spec's finite environment.

    :raises SpecError: E801 or E812 no such kernel, E804 too large, E810 it needs a finite
        environment, E813 no such backend.
    :raises MissingExtra: the backend is not installed.

    >>> import numpy as np
    >>> from specc.resolve.file import load_text
    >>> kernel = compile_spec(load_text("spec s = E[discounted(2*[a] - [b], 0.9)]")["s"])
    >>> _, reward, _ = kernel.step(kernel.initial(2), np.array([[True, True], [True, False]]))
    >>> reward.tolist()
    [1.0, 2.0]
    """
    if backend not in ("numba", "torch"):
        raise SpecError.of(
            "E813", f"no backend `{backend}`", help='use backend="numba" or backend="torch"'
        )
    planned = plan(spec)
    if planned.interface == "comparison":
        from specc.emit.comparison.comparator import Comparator

        return Comparator(spec)
    if isinstance(planned.scheme, FunctionalScheme):
        from specc.emit.functional.compiled import functional_kernel

        return functional_kernel(spec, planned.scheme, backend)
    return fixed_kernel(spec, backend)
