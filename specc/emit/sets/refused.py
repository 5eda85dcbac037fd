"""What kernels over sets do not answer."""

from __future__ import annotations

from typing import NoReturn

from specc.diagnostics import SpecError
from specc.emit.sets.tables import SetTables

__all__ = ["refuse_counterfactual", "refuse_states"]


def refuse_counterfactual(tables: SetTables) -> NoReturn:
    """Raise SpecError E812: every memory at once makes no sense."""
    kind = next(kind for kind in tables.kinds if kind not in ("discounted", "total"))
    raise SpecError.of(
        "E812",
        f"the memory of `{kind}` is the set of states visited, one of up to "
        f"2**{tables.states}: a step from every memory at once has no end",
        help="`gains(state, states)` gives the gains of many states from the sets that runs hold",
    )


def refuse_states(tables: SetTables) -> None:
    """Raise SpecError E812 where states do not tell what is paid."""
    if not tables.by_state:
        raise SpecError.of(
            "E812",
            "this reward also sums what transitions pay, which states entered do not tell",
            help="`step` takes transitions; give the set function a spec of its own to ask states",
        )
