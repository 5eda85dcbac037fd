"""The text of a Python module that carries a compiled reward and needs no specc."""

from __future__ import annotations

import json
from collections.abc import Collection
from dataclasses import dataclass, field
from fractions import Fraction
from typing import TYPE_CHECKING, Any, assert_never

from specc.diagnostics import SpecError
from specc.emit.controller import Controller, formula_controller, signal_controller
from specc.emit.plan import (
    FormulaScheme,
    FunctionalScheme,
    NoScheme,
    ReturnScheme,
    SignalScheme,
)
from specc.emit.planned import plan
from specc.emit.running import Running, running
from specc.emit.tables import edge_rewards, finite_model, letters_of, on_model
from specc.emit.training import training
from specc.model.mdp import Mdp
from specc.syntax import tree

if TYPE_CHECKING:
    from specc.resolve.file import Spec

__all__ = ["layout", "module_text", "spliced"]

_MOST_MOVES = 2_000_000
_LONG = ("rows", "nodes", "moves")


@dataclass(slots=True)
class _Nodes:
    """Pairs of a model state and a memory; what the module's docstring calls nodes and moves."""

    memories: int
    nodes: list[tuple[int, int]] = field(default_factory=list)
    first: dict[int, int] = field(default_factory=dict)
    moves: list[list[tuple[int, float, bool]]] = field(default_factory=list)
    jumps: list[list[int]] = field(default_factory=list)
    final: list[bool] = field(default_factory=list)
    verdict: list[bool | None] = field(default_factory=list)
    zeta: float = 1.0
    horizon: int = -1
    formula: str | None = None


def module_text(spec: Spec) -> str:
    """The module; its parts are described in its own docstring.

    :raises SpecError: E801 no reward per step, E804 too large, E810 no finite environment, E812 a
        scheme whose memory is not finite.
    """
    mdp = finite_model(spec)
    tables = {**_model(spec, mdp), **_reward(spec, mdp)}
    return spliced("standalone.py", spec, layout(tables, _LONG))


def spliced(template: str, spec: Spec, tables: str) -> str:
    """A template of this folder with the tables, JSON, and what the spec says, inside."""
    from importlib.resources import files

    told = training(spec)
    text = json.dumps(f"{spec.name} = {spec.text}\n\n{told.scheme}\n{told.guarantee}")
    whole = files("specc.emit").joinpath(template).read_text(encoding="utf-8")
    before, _, after = whole.partition('TABLES = json.loads("{}")\n')
    return f'{before}SPEC = {text}\nTABLES = json.loads(r"""\n{tables}\n""")\n{after}'


def layout(tables: dict[str, Any], long: Collection[str]) -> str:
    """JSON with a line per table, and per row of ``long`` ones; no quotes meet three in a row."""
    lines = []
    for key, value in tables.items():
        text = json.dumps(value, allow_nan=False)
        if key in long:
            text = "[\n" + ",\n".join(json.dumps(row, allow_nan=False) for row in value) + "\n]"
        lines.append(f"{json.dumps(key)}: {text}")
    return "{\n" + ",\n".join(lines) + "\n}"


def _model(spec: Spec, mdp: Mdp) -> dict[str, Any]:
    identifier, arguments = _registered(spec)
    names = mdp.action_names()
    number = {name: index for index, name in enumerate(names)}
    native = mdp.rewards.get("")
    paid = native.floats().tolist() if native else [0.0] * mdp.transition_count
    chances = mdp.probabilities.floats().tolist()
    after = mdp.successors.tolist()
    rows = [
        [
            (number[mdp.actions[choice]], after[t], paid[t], chances[t])
            for choice in mdp.choices(state)
            for t in mdp.transitions(choice)
        ]
        for state in range(mdp.state_count)
    ]
    return {
        "gym": identifier,
        "arguments": arguments,
        "states": mdp.states,
        "actions": names,
        "observations": _observed(spec, mdp),
        "stopped": mdp.stopped.tolist(),
        "initial": [(state, float(chance)) for state, chance in mdp.initial],
        "rows": rows,
    }


def _observed(spec: Spec, mdp: Mdp) -> list[int]:
    """What each state shows: the observation of the Gymnasium environment, else its number."""
    if mdp.observations is None or _registered(spec)[0] is None:
        return list(range(mdp.state_count))
    return [int(row[0]) for row in mdp.observations.tolist()]


def _registered(spec: Spec) -> tuple[str | None, dict[str, object]]:
    """The Gymnasium id and arguments of the spec's environment; no id where it has none."""
    for item in spec.file.syntax.declarations:
        if isinstance(item, tree.EnvironmentDeclaration):
            written = item.definition
            named = item.name.value == spec.environment_name
            if named and isinstance(written, tree.GymEnvironment):
                arguments = {key.value: _plain(key.value, v) for key, v in written.arguments}
                return written.identifier.value, arguments
    return None, {}


def _plain(key: str, value: bool | int | Fraction | str) -> object:
    if key == "desc" and isinstance(value, str):
        return value.split()
    return float(value) if isinstance(value, Fraction) else value


def _reward(spec: Spec, mdp: Mdp) -> dict[str, Any]:
    planned = plan(spec)
    match planned.scheme:
        case SignalScheme() as scheme:
            made = _controlled(mdp, signal_controller(scheme))
            made.horizon = -1 if scheme.horizon is None else scheme.horizon
        case FormulaScheme() as scheme:
            controller, kind = formula_controller(scheme)
            made = _controlled(mdp, controller)
            made.formula = kind
        case ReturnScheme() as scheme:
            made = _returned(mdp, running(mdp, scheme))
            made.horizon = -1 if scheme.horizon is None else scheme.horizon
        case (FunctionalScheme() | NoScheme()) as scheme:
            from specc.emit.wrapper import refuse

            raise refuse(planned, spec.name, scheme)
        case _:
            assert_never(planned.scheme)
    shown = _observed(spec, mdp)
    return {
        "formalism": planned.formalism,
        "formula": made.formula,
        "horizon": made.horizon,
        "zeta": made.zeta,
        "memories": made.memories,
        "final": made.final,
        "verdict": made.verdict,
        "starts": {str(shown[state]): node for state, node in made.first.items()},
        "nodes": made.nodes,
        "jumps": made.jumps,
        "moves": made.moves,
    }


def _transitions(mdp: Mdp, state: int) -> range:
    starts, choices = mdp.transition_starts, mdp.choices(state)
    return range(int(starts[choices.start]), int(starts[choices.stop]))


def _bounded(moves: int) -> None:
    if moves > _MOST_MOVES:
        raise SpecError.of(
            "E804",
            f"the tables of the module would have more than {_MOST_MOVES:,} entries",
            help="a smaller horizon or a smaller environment; `wrap` needs no tables",
        )


def _controlled(mdp: Mdp, control: Controller) -> _Nodes:
    control = on_model(mdp, control)
    letters, starts = letters_of(mdp, control)
    rewards = edge_rewards(mdp, control, letters)
    made = _Nodes(
        len(control.states),
        final=list(control.final),
        verdict=list(control.verdict),
        zeta=control.zeta,
    )
    number: dict[tuple[int, int], int] = {}

    def visit(state: int, held: int) -> int:
        found = number.setdefault((state, held), len(made.nodes))
        if found == len(made.nodes):
            made.nodes.append((state, held))
        return found

    made.first = {s: visit(s, control.first[int(starts[s])]) for s, _ in mdp.initial}
    classes, after = letters.tolist(), mdp.successors.tolist()
    count = 0
    for state, held in made.nodes:  # grows while it is read
        row = []
        for t in _transitions(mdp, state):
            letter = classes[t]
            target = visit(after[t], control.next[held][letter])
            row.append((target, float(rewards[held, t]), control.accepting[held][letter]))
        made.moves.append(row)
        made.jumps.append([visit(state, target) for target in control.jumps[held]])
        count += len(row)
        _bounded(count)
    return made


def _returned(mdp: Mdp, found: Running) -> _Nodes:
    _bounded(len(found.following))
    made = _Nodes(found.memories, first=dict(found.first))
    made.final = [False] * found.memories
    made.verdict = [None] * found.memories
    made.nodes = list(zip(found.state.tolist(), found.memory.tolist(), strict=True))
    made.jumps = [[] for _ in made.nodes]
    following, gains = found.following.tolist(), found.gains.tolist()
    for (state, _), shift in zip(made.nodes, found.shift.tolist(), strict=True):
        moves = [shift + t for t in _transitions(mdp, state)]
        made.moves.append([(following[m], gains[m], False) for m in moves])
    return made
