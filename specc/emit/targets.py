"""``specc compile --target``: a spec's reward as files."""

from __future__ import annotations

import io
import os
import tempfile
from collections.abc import Iterable
from dataclasses import replace
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from specc.diagnostics import SpecError
from specc.emit.controller import Controller
from specc.emit.kernel import control
from specc.emit.module import module_text
from specc.emit.tables import product_tables
from specc.emit.training import training
from specc.model.mdp import ExactArray, Mdp
from specc.objective import stack

if TYPE_CHECKING:
    from specc.resolve.file import Spec

__all__ = ["TARGETS", "write_target"]

TARGETS = ("gym", "numba", "hoa", "rm", "drn", "json")


def write_target(spec: Spec, target: str, out: Path) -> list[Path]:
    """Write the files of a target into the folder ``out``; returns their paths.

    ``gym``: a Python module that needs Gymnasium and NumPy only; ``numba``: the tables as .npz;
    ``hoa``: the automaton of a formula; ``rm``: a reward machine in the text format of Toro Icarte
    et al. (2018); ``drn``, ``json``: the spec's environment with the reward compiled into its
    product. Every file is whole or not there.

    :raises SpecError: E801 no reward per step, E812 the target cannot express the spec.
    :raises OSError: the folder cannot be written.
    """
    files: dict[str, list[str] | list[bytes]]
    match target:
        case "gym":
            files = {f"{spec.name}.py": [module_text(spec)]}
        case "numba":
            files = {f"{spec.name}.npz": [_npz(spec)], f"{spec.name}.md": [_npz_page(spec)]}
        case "hoa":
            files = {f"{spec.name}.hoa": [_hoa(spec)]}
        case "rm":
            files = {f"{spec.name}.txt": [_reward_machine(spec)]}
        case "drn":
            from specc.model.drn_writer import drn_lines

            files = {f"{spec.name}.drn": list(drn_lines(_compiled_model(spec)))}
        case "json":
            from specc.model.json_format import json_text

            files = {f"{spec.name}.json": list(json_text(_compiled_model(spec)))}
        case _:
            raise SpecError.of(
                "E812",
                f"no target `{target}` in this version",
                help=f"the targets are: {', '.join(TARGETS)}",
            )
    out.mkdir(parents=True, exist_ok=True)
    return [_write(out / name, pieces) for name, pieces in files.items()]


def _write(path: Path, pieces: Iterable[str] | Iterable[bytes]) -> Path:
    """Under a temporary name first: an unfinished write leaves the old file whole."""
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    try:
        with os.fdopen(handle, "wb") as stream:
            for piece in pieces:
                stream.write(piece.encode() if isinstance(piece, str) else piece)
        Path(name).chmod(0o644)
        Path(name).replace(path)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise
    return path


def _npz(spec: Spec) -> bytes:
    controller, horizon = control(spec)
    if any(value is None for value in controller.values):
        raise SpecError.of(
            "E812",
            f"the reward of `{spec.name}` reads natives or observations, which tables alone do not",
            help="use the target `gym`",
        )
    stream = io.BytesIO()
    values = np.array([float(v) for v in controller.values if v is not None])
    classes = controller.classes
    arrays: dict[str, Any] = {
        "next": np.array(controller.next, dtype=np.int64),
        "reward": values[np.array(controller.reward, dtype=np.int64)],
        "accepting": np.array(controller.accepting, dtype=np.bool_),
        "final": np.array(controller.final, dtype=np.bool_),
        "first": np.array(controller.first, dtype=np.int64),
        "zeta": np.array(controller.zeta),
        "horizon": np.array(horizon),
        "diagram_root": np.array(classes.root),
        "diagram_atom": classes.atom,
        "diagram_low": classes.low,
        "diagram_high": classes.high,
    }
    np.savez(stream, **arrays)
    return stream.getvalue()


def _npz_page(spec: Spec) -> str:
    controller, _ = control(spec)
    names = "\n".join(f"{i}. `{_guard_text(g)}`" for i, g in enumerate(controller.guards))
    return f"""# Tables of `{spec.name}`

    tables = numpy.load("{spec.name}.npz", allow_pickle=False)

`next[state, class]` and `reward[state, class]`; the state before the first step is
`first[class]` of the first letter. From a letter to its class: begin at node `diagram_root`; node
n asks for proposition `diagram_atom[n]` and goes on to `diagram_high[n]` where it holds, else
`diagram_low[n]`; a negative node -1 - c is class c. `final[state]`: all later reward is 0. On an
edge with `accepting` the reward is 1 and the episode ends with chance 1 - `zeta`. `horizon` steps
pay (-1: all).

Propositions:

{names or "none"}

{training(spec).guarantee}
"""


def _guard_text(guard: stack.Guard) -> str:
    match guard:
        case stack.LabelIs(name):
            return name
        case stack.Here(state):
            return f"at({state})"
        case stack.Action(name):
            return f"action = {name}"
        case stack.Info(key):
            return f"info.{key}"
        case stack.Before(inner):
            return f"from({_guard_text(inner)})"
        case _:
            return type(guard).__name__.lower()


def _hoa(spec: Spec) -> str:
    from specc.automata.hoa import write_hoa
    from specc.automata.translate import translate
    from specc.emit.plan import FormulaScheme, plan

    scheme = plan(spec).scheme
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


def _reward_machine(spec: Spec) -> str:
    controller, horizon = control(spec)
    if horizon >= 0 or any(v is None for v in controller.values) or controller.zeta < 1:
        raise SpecError.of(
            "E812",
            f"`{spec.name}` has a horizon, a chance or a reward of the environment, which a reward "
            "machine file does not express",
            help="use the target `gym`",
        )
    if controller.reads_start and len(set(controller.first)) > 1:
        raise SpecError.of(
            "E812",
            "reward machine files read transitions only, and this memory reads the start state",
            help="use the target `gym`",
        )
    final = [s for s, over in enumerate(controller.final) if over]
    lines = [f"{controller.first[0]} # initial state", f"{final} # terminal states"]
    for state, row in enumerate(controller.next):
        if controller.final[state]:
            continue
        for letter, after in enumerate(row):
            value = controller.values[controller.reward[state][letter]]
            assert value is not None
            for formula in _letter_formulas(controller, letter):
                lines.append(
                    f"({state},{after},{formula!r},ConstantRewardFunction({float(value)!r}))"
                )
    return "\n".join(lines) + "\n"


def _letter_formulas(controller: Controller, letter: int) -> list[str]:
    """The ways through the decision diagram to a class, as conjunctions ``a&!b``."""
    classes = controller.classes
    names = [_guard_text(g) for g in controller.guards]
    found: list[str] = []
    pending: list[tuple[int, tuple[str, ...]]] = [(classes.root, ())]
    while pending:
        node, literals = pending.pop()
        if node < 0:
            if -1 - node == letter:
                found.append("&".join(literals) or "True")
            continue
        name = names[int(classes.atom[node])]
        pending.append((int(classes.high[node]), (*literals, name)))
        pending.append((int(classes.low[node]), (*literals, f"!{name}")))
    return found


def _compiled_model(spec: Spec) -> Mdp:
    """The product of the environment with the memory; `native` is the compiled reward."""
    made = product_tables(spec)
    if made.zeta < 1 or any(made.jumps):
        raise SpecError.of(
            "E812",
            f"the reward of `{spec.name}` is drawn by chance, which a table of rewards does not "
            "express",
            help="use the targets `gym` or `hoa`",
        )
    mdp = made.mdp
    states = [s for s, _ in made.nodes]
    transitions = [t for s in states for c in mdp.choices(s) for t in mdp.transitions(c)]
    names = tuple(f"{mdp.states[s]}|m{m}" for s, m in made.nodes)
    labels = {
        name: replace(label, holds=label.holds[states if label.on == "state" else transitions])
        for name, label in mdp.labels.items()
    }
    return Mdp(
        name=mdp.name,
        states=names,
        actions=tuple(mdp.actions[c] for s in states for c in mdp.choices(s)),
        choice_starts=made.action_starts,
        transition_starts=made.outcome_starts,
        successors=made.targets,
        probabilities=ExactArray.of(mdp.probabilities[t] for t in transitions),
        initial=tuple((n, p) for n, (_, p) in zip(made.initial.tolist(), mdp.initial, strict=True)),
        labels=labels,
        rewards={"": ExactArray.of(Fraction(r) for r in made.rewards.tolist())},
        stopped=mdp.stopped[states],
        exact=False,
    )
