"""The text of a module that is a reward's kernel for Torch, and needs no specc."""

from __future__ import annotations

from importlib.resources import files
from typing import TYPE_CHECKING, Any

import numpy as np

from specc.automata.letters import LetterClasses
from specc.diagnostics import SpecError
from specc.emit.dense import rest_of, rest_paid
from specc.emit.kernel import kernel_parts
from specc.emit.module import layout, spliced
from specc.emit.plan import FormulaScheme, SignalScheme, show_number
from specc.emit.planned import plan
from specc.emit.tables import finite_model
from specc.syntax.show import show
from specc.written.unparse import guard_tree

if TYPE_CHECKING:
    from specc.automata.branching import Branching
    from specc.emit.controller import Controller
    from specc.emit.kernel_tables import KernelTables
    from specc.model.mdp import Mdp
    from specc.resolve.file import Spec

__all__ = ["discount_of", "torch_module_text"]

_MOST_ENTRIES = 2_000_000
_RUNNER = "from specc.emit.torch_programs import run_columns\n"


def torch_module_text(spec: Spec) -> str:
    """The module; its own docstring says how it is called.

    :raises SpecError: E801 no reward per step, E804 too large, E810 gains of running numbers
        without a finite environment.

    >>> from specc.resolve.file import load_text
    >>> text = torch_module_text(load_text("spec s = E[discounted([a], 0.9)]")["s"])
    >>> "specc.emit" in text, "class Kernel" in text
    (False, True)
    """
    tables, controller, _ = kernel_parts(spec, plan(spec).scheme)
    if tables.next.size > _MOST_ENTRIES:
        raise SpecError.of(
            "E804",
            f"the tables of the module would have more than {_MOST_ENTRIES:,} entries",
            help='fewer propositions or a smaller horizon; `specc.compile(spec, backend="torch")` '
            "needs no such tables",
        )
    letters = _of_model(finite_model(spec)) if controller is None else _of_control(controller)
    if controller is not None and controller.branching is not None:
        letters |= _of_branching(tables, controller.branching)
    written = {"discount": discount_of(spec), **_tables(tables), **letters}
    text = spliced("standalone_torch.py", spec, layout(written, ("transitions",)))
    runner = files("specc.emit").joinpath("torch_programs.py").read_text(encoding="utf-8")
    before, _, after = text.partition(_RUNNER)
    _, _, functions = runner.partition('"run_columns"]\n')
    # The functions stand at the end: their place in the file does not matter.
    imports = "from collections.abc import Iterable, Sequence\nfrom typing import Protocol\n"
    return before.replace("import json\n", f"import json\n{imports}", 1) + after + functions


def discount_of(spec: Spec) -> float:
    """What the learner discounts by."""
    scheme = plan(spec).scheme
    return float(scheme.discount) if isinstance(scheme, SignalScheme | FormulaScheme) else 1.0


def _tables(tables: KernelTables) -> dict[str, Any]:
    programs = {}
    values = np.where(tables.known, tables.values, 0.0)
    for p in range(len(tables.values)):
        if not tables.known[p]:
            rows = tables.rows[tables.row_starts[p] : tables.row_starts[p + 1]]
            held = tables.constants[tables.constant_starts[p] : tables.constant_starts[p + 1]]
            programs[str(p)] = [rows.tolist(), held.tolist()]
    return {
        "memories": tables.memories,
        "width": tables.next.shape[1],
        "zeta": tables.zeta,
        "horizon": tables.horizon,
        "formula": bool(tables.formula),
        "programs": programs,
        "values": values.tolist(),
        "first": tables.first.tolist(),
        "final": tables.final.tolist(),
        "jumps": tables.jumps.tolist(),
        "next": tables.next.ravel().tolist(),
        "reward": tables.reward.ravel().tolist(),
        "accepting": tables.accepting.ravel().tolist(),
        "rest": rest_of(tables).ravel().tolist(),
    }


def _of_control(controller: Controller) -> dict[str, Any]:
    """Letters that consist of propositions, and the diagram that tells their classes."""
    found = {
        "propositions": [show(guard_tree(guard)) for guard in controller.guards],
        "inputs": [show_number(number) for number in controller.inputs],
        "transitions": [],
        "reads_start": controller.reads_start,
        "branching": False,
    }
    by = controller.classes
    if isinstance(by, LetterClasses):
        rows = np.stack([by.atom, by.low, by.high], axis=1)
        # No way asks for a proposition twice.
        return found | _diagram(rows, [by.root], min(len(rows), len(controller.guards)))
    return found


def _of_branching(tables: KernelTables, branching: Branching) -> dict[str, Any]:
    """The diagrams that lead from a memory to its edges; the last for the letter of the start."""
    found = _diagram(branching.nodes, [*branching.roots, branching.first], branching.depth())
    return {"branching": True, **found, "rest": rest_paid(tables).ravel().tolist()}


def _diagram(nodes: Any, roots: list[int], depth: int) -> dict[str, Any]:
    rows = np.asarray(nodes).reshape(-1, 3)
    return {
        "roots": roots,
        "depth": depth,
        "diagram_atom": rows[:, 0].tolist(),
        "diagram_low": rows[:, 1].tolist(),
        "diagram_high": rows[:, 2].tolist(),
    }


def _of_model(mdp: Mdp) -> dict[str, Any]:
    """Letters that are the model's transitions: state, action, state after."""
    names, actions = mdp.states, mdp.actions
    triples = zip(
        mdp.transition_sources().tolist(),
        mdp.transition_choices().tolist(),
        mdp.successors.tolist(),
        strict=True,
    )
    return {
        "propositions": [],
        "inputs": [],
        "states": list(names),
        "transitions": [[names[s], actions[c], names[t]] for s, c, t in triples],
        "reads_start": True,
        "branching": False,
        **_diagram([], [-1], 0),
    }
