"""``specc compile --target``: a spec's reward as files."""

from __future__ import annotations

import io
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from specc.automata.letters import LetterClasses
from specc.diagnostics import SpecError
from specc.emit.compiled_model import compiled_model
from specc.emit.dense import rest_of
from specc.emit.finite_control import Controller
from specc.emit.kernel import control, kernel_parts
from specc.emit.module import module_text
from specc.emit.plan import FormulaScheme, plan_objective
from specc.emit.planned import plan
from specc.emit.reward_machine import reward_machine_text
from specc.emit.tables import finite_model
from specc.emit.torch_module import discount_of, torch_module_text
from specc.emit.training import training
from specc.files import write_whole
from specc.objective import stack
from specc.syntax.show import show
from specc.written.unparse import guard_tree

if TYPE_CHECKING:
    from specc.resolve.file import Spec

__all__ = ["TARGETS", "write_target"]

TARGETS = ("gym", "numba", "torch", "hoa", "rm", "prism", "drn", "json")


def write_target(
    spec: Spec, target: str, out: Path, tell: Callable[[str], None] = lambda loss: None
) -> list[Path]:
    """Write the files of a target into the folder ``out``; returns their paths.

    ``gym``: a Python module that needs Gymnasium and NumPy only; ``numba``: the tables as .npz;
    ``torch``: a Python module that needs Torch only; ``hoa``: the automaton of a formula; ``rm``: a
    reward machine in the text format of Toro Icarte et al. (2018); ``prism``, ``drn``, ``json``:
    the spec's environment with the reward compiled into its product. Every file is whole or not
    there. ``tell`` hears what a format cannot say.

    :raises SpecError: E801 no reward per step, E812 the target cannot express the spec.
    :raises OSError: the folder cannot be written.
    """
    files: dict[str, str | bytes]
    match target:
        case "gym":
            files = {f"{spec.name}.py": module_text(spec)}
        case "numba":
            files = {f"{spec.name}.npz": _npz(spec), f"{spec.name}.md": _npz_page(spec)}
        case "torch":
            files = {f"{spec.name}_torch.py": torch_module_text(spec)}
        case "hoa":
            files = {f"{spec.name}.hoa": _hoa(spec)}
        case "rm":
            files = {f"{spec.name}.txt": reward_machine_text(spec)}
        case "prism":
            from specc.emit.prism import prism_losses, prism_text

            files = {f"{spec.name}.prism": prism_text(spec)}
            for loss in prism_losses(finite_model(spec)):
                tell(loss)
        case "drn":
            from specc.model.drn_writer import drn_lines, drn_losses

            model = compiled_model(spec)
            for loss in drn_losses(model):
                tell(loss)
            files = {f"{spec.name}.drn": "".join(drn_lines(model))}
        case "json":
            from specc.model.json_format import json_text

            files = {f"{spec.name}.json": "".join(json_text(compiled_model(spec)))}
        case _:
            raise SpecError.of(
                "E812",
                f"no target `{target}` in this version",
                help=f"the targets are: {', '.join(TARGETS)}",
            )
    for name, content in files.items():
        write_whole(out / name, content)
    return [out / name for name in files]


def _npz(spec: Spec) -> bytes:
    controller, horizon = control(spec)
    if any(value is None for value in controller.values):
        raise SpecError.of(
            "E812",
            f"the reward of `{spec.name}` reads natives or observations, which tables alone do not",
            help="use the target `gym` or `torch`",
        )
    stream = io.BytesIO()
    tables, _, _ = kernel_parts(spec, plan(spec).scheme)
    values = np.array([float(v) for v in controller.values if v is not None])
    arrays: dict[str, Any] = {
        **(_class_arrays(controller) if controller.branching is None else _edge_arrays(controller)),
        "rewards": values,
        "final": np.array(controller.final, dtype=np.bool_),
        "jumps": tables.jumps,
        "rest": rest_of(tables),
        "zeta": np.array(controller.zeta),
        "discount": np.array(discount_of(spec)),
        "horizon": np.array(horizon),
    }
    reward = arrays.pop("program")
    arrays["reward"] = arrays.pop("rewards")[reward]
    np.savez(stream, **arrays)
    return stream.getvalue()


def _class_arrays(controller: Controller) -> dict[str, Any]:
    classes = controller.classes
    assert isinstance(classes, LetterClasses)
    return {
        "next": np.array(controller.table(controller.next), dtype=np.int64),
        "program": np.array(controller.table(controller.reward), dtype=np.int64),
        "accepting": np.array(controller.table(controller.accepting), dtype=np.bool_),
        "first": np.array(controller.table([controller.first])[0], dtype=np.int64),
        "diagram_root": np.array(classes.root),
        "diagram_atom": classes.atom,
        "diagram_low": classes.low,
        "diagram_high": classes.high,
    }


def _edge_arrays(controller: Controller) -> dict[str, Any]:
    assert controller.branching is not None
    edges = np.array(controller.edges, dtype=np.int64).reshape(-1, 3)
    nodes = np.array(controller.branching.nodes, dtype=np.int64).reshape(-1, 3)
    return {
        "next": edges[:, 0],
        "program": edges[:, 1],
        "accepting": edges[:, 2] > 0,
        "first_root": np.array(controller.branching.first),
        "roots": np.array(controller.branching.roots, dtype=np.int64),
        "diagram_atom": nodes[:, 0],
        "diagram_low": nodes[:, 1],
        "diagram_high": nodes[:, 2],
    }


_CLASSES = """\
`next[state, class]` and `reward[state, class]`; the state before the first step is
`first[class]` of the first letter. From a letter to its class: begin at node `diagram_root`;
node"""

_EDGES = """\
`next[edge]` and `reward[edge]`; the state before the first step is `next[edge]` of the edge that
`first_root` leads to on the first letter. From a state and a letter to an edge: begin at node
`roots[state]`; node"""

_REST_OF_CLASSES = """\
Where the environment ends the episode first, `rest[state, class]` of the state after the step and
the letter that the run behind the end would read for ever is added (the table is empty where
nothing is)."""

_REST_OF_EDGES = """\
Where the environment ends the episode first, a formula is paid what the run behind the end, which
reads one letter for ever, would pay."""


def _npz_page(spec: Spec) -> str:
    controller, _ = control(spec)
    classes = controller.branching is None
    names = "\n".join(f"{i}. `{show(guard_tree(g))}`" for i, g in enumerate(controller.guards))
    return f"""# Tables of `{spec.name}`

    tables = numpy.load("{spec.name}.npz", allow_pickle=False)

{_CLASSES if classes else _EDGES}
n asks for proposition `diagram_atom[n]` and goes on to `diagram_high[n]` where it holds, else
`diagram_low[n]`; a negative node -1 - c is {"class" if classes else "edge"} c. `final[state]`: all
later reward is 0. An edge with `accepting` ends the episode with chance 1 - `zeta`, and then its
reward is 1. {_REST_OF_CLASSES if classes else _REST_OF_EDGES}
`jumps[state]` are the states that epsilon actions lead to, without a step of the environment (-1:
none). The learner discounts by `discount`. `horizon` steps pay (-1: all).

Propositions:

{names or "none"}

{training(spec).guarantee}
"""


def _hoa(spec: Spec) -> str:
    from specc.automata.hoa import write_hoa
    from specc.automata.translate import translate

    scheme = plan_objective(spec.objective).scheme
    if not isinstance(scheme, FormulaScheme):
        raise SpecError.of(
            "E812",
            f"`{spec.name}` is not the probability of one formula, so it has no automaton",
            help="use the target `gym`",
        )
    event = scheme.event
    if isinstance(event, stack.AutomatonSatisfaction):
        return write_hoa(event.automaton)
    if event.horizon is not None:
        from specc.automata.finite import translate_finite
        from specc.automata.unroll import unroll

        return write_hoa(unroll(translate_finite(event.formula), event.horizon))
    return write_hoa(translate(event.formula, "generic"))
