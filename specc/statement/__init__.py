"""From a spec to the kernel's statement: its environment, its order, and a formalism, as JSON.

The statement says: no spec of the formalism induces the order that this spec induces on the
stationary policies of its environment. It is the objective as resolved, not as simplified, so
that nothing but this translation stands between the text and what the kernel checks.

Two rewritings are made. A mean goes into sums and constant factors, because the kernel knows means
of single sums only; and arithmetic on constants alone is carried out, because it looks for
constants by their form.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from specc.diagnostics import SpecError

if TYPE_CHECKING:
    from specc.resolve.file import Spec

__all__ = ["compact", "retarget", "statement"]

_FORMAT = "specc-statement-1"


def statement(spec: Spec, formalism: str) -> dict[str, Any]:
    """The kernel's statement that ``formalism`` has no spec with the order of this one.

    Equal specs give equal statements; names of states, actions and labels are kept, and labels and
    rewards that the spec does not read are left out. Raises :class:`SpecError`: E910 where the
    kernel's language lacks a construct, E911 where there is no finite environment.

    >>> from specc.resolve.file import load_text
    >>> lines = "env e = mdp {", "initial s", "s: a -> s", "}", "spec x in e = policy(a | s)"
    >>> statement(load_text("\\n".join(lines))["x"], "TLO")["spec"]
    {'order': {'kind': 'scalar', 'number': {'kind': 'policy', 'state': 's', 'action': 'a'}}}
    """
    from specc.model.mdp import Mdp
    from specc.statement.environment import environment
    from specc.statement.lowering import Lowering

    mdp = spec.environment
    if not isinstance(mdp, Mdp):
        raise SpecError.of(
            "E911",
            f"`{spec.name}` has no finite environment, and a statement is about one",
            source=spec.source,
            span=spec.declaration.name.span,
        )
    lowering = Lowering(spec, mdp)
    content: dict[str, Any] = {"order": lowering.order(spec.objective)}
    if lowering.machines:
        content["machines"] = lowering.machines
    if lowering.references:
        content["references"] = lowering.references
    return {
        "format": _FORMAT,
        "environment": environment(mdp, lowering),
        "spec": content,
        "formalism": formalism,
    }


def compact(value: Any) -> str:
    """The canonical text of a JSON value, whose SHA-256 is the kernel's.

    >>> compact({"b": "1/2", "a": []})
    '{"a":[],"b":"1/2"}'
    """
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=True)


def retarget(text: str, formalism: str) -> str:
    """The canonical text of the same statement about another formalism.

    >>> retarget('{"formalism":"MR","format":"specc-statement-1"}', "RM")
    '{"formalism":"RM","format":"specc-statement-1"}'
    """
    return compact({**json.loads(text), "formalism": formalism})
