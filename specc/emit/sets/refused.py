"""What kernels over sets do not answer."""

from __future__ import annotations

from typing import NoReturn

from specc.diagnostics import SpecError
from specc.emit.sets.tables import SetTables

__all__ = ["refuse_counterfactual"]


def refuse_counterfactual(tables: SetTables) -> NoReturn:
    """Raise SpecError E812: every memory at once makes no sense."""
    raise SpecError.of(
        "E812",
        f"the memory of `{tables.kinds[0]}` is the set of states visited, one of up to "
        f"2**{tables.states}: a step from every memory at once has no end",
        help="`gains(state, states)` gives the gains of many states from the sets that runs hold",
    )
