"""Print declarations and whole files back as `.spec` text."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from typing import assert_never

from specc.syntax import tree
from specc.syntax.show import show, show_quoted, show_value

__all__ = ["show_declaration", "show_file"]

_Value = bool | int | Fraction | str


def show_file(file: tree.File) -> str:
    """The declarations as text, one after the other, with a line end behind each.

    Parsing the text gives an equal tree; braces stand in paragraphs of their own.
    """
    lines: list[str] = []
    for declaration in file.declarations:
        text = show_declaration(declaration)
        if "\n" in text and lines:
            lines.append("")
        lines.append(text)
        if "\n" in text:
            lines.append("")
    while lines and not lines[-1]:
        lines.pop()
    tidy = [line for i, line in enumerate(lines) if line or lines[i - 1]]
    return "".join(f"{line}\n" for line in tidy)


def show_declaration(declaration: tree.Declaration) -> str:
    """The declaration as text, without a line end behind it.

    >>> show_declaration(tree.RewardDeclaration(tree.Text("r"), tree.Name("native")))
    'reward r = native'
    """
    match declaration:
        case tree.EnvironmentDeclaration(name=name, definition=definition):
            return f"env {name.value} = {_environment(definition)}"
        case tree.PropositionDeclaration(name=name, expression=expression):
            return f"prop {name.value} = {show(expression)}"
        case tree.RewardDeclaration(name=name, expression=expression):
            return f"reward {name.value} = {show(expression)}"
        case tree.MachineDeclaration():
            return _machine(declaration)
        case tree.MachineFile(name=name, kind=kind, path=path):
            return f"machine {name.value} = {kind} {show_quoted(path.value)}"
        case tree.PolicyDeclaration(name=name, path=path):
            shown = "uniform" if path is None else f"file {show_quoted(path.value)}"
            return f"policy {name.value} = {shown}"
        case tree.SpecDeclaration(name=name, environment=environment, annotation=annotation):
            place = f" in {environment.value}" if environment is not None else ""
            formalism = f" : {annotation.value}" if annotation is not None else ""
            return f"spec {name.value}{place}{formalism} = {show(declaration.expression)}"
        case tree.Assertion(claim=claim):
            return f"assert {_claim(claim)}"
        case _:
            assert_never(declaration)


def _claim(claim: tree.Membership | tree.OrderEquality | tree.ValueComparison) -> str:
    match claim:
        case tree.Membership(spec=spec, formalism=formalism, negated=negated):
            return f"{spec.value} {'not in' if negated else 'in'} {formalism.value}"
        case tree.OrderEquality(left=left, right=right, negated=negated):
            return f"order({left.value}) {'!=' if negated else '='} order({right.value})"
        case tree.ValueComparison(spec=spec, comparison=comparison, bound=bound):
            return f"value({spec.value}) {comparison} {show(bound)}"
        case _:
            assert_never(claim)


def _machine(machine: tree.MachineDeclaration) -> str:
    lines = [f"  states {_values(machine.states)}"]
    for edge in machine.edges:
        source = "*" if edge.source.value == "*" else show_value(edge.source.value)
        emit = f" emit {show(edge.emit)}" if edge.emit is not None else ""
        target = show_value(edge.target.value)
        lines.append(f"  {source} -> {target} when {show(edge.guard)}{emit}")
    if machine.final:
        lines.append(f"  final {_values(machine.final)}")
    return "\n".join([f"machine {machine.name.value} {{", *lines, "}"])


def _environment(
    definition: tree.GridEnvironment
    | tree.MdpEnvironment
    | tree.GymEnvironment
    | tree.FileEnvironment,
) -> str:
    match definition:
        case tree.GridEnvironment():
            return _grid(definition)
        case tree.MdpEnvironment():
            return _mdp(definition)
        case tree.GymEnvironment(identifier=identifier, arguments=arguments):
            return f"gym {show_quoted(identifier.value)}{_arguments(arguments)}"
        case tree.FileEnvironment(path=path, arguments=arguments):
            return f"file {show_quoted(path.value)}{_arguments(arguments)}"
        case _:
            assert_never(definition)


def _grid(grid: tree.GridEnvironment) -> str:
    lines = ['  map """', *(f"    {row.value}".rstrip() for row in grid.rows), '  """']
    if grid.legend:
        entries = "  ".join(
            f"{_key(entry.key)}: {_word(entry.proposition.value)}" for entry in grid.legend
        )
        lines.append(f"  legend {{ {entries} }}")
    lines.append(f"  actions {_values(grid.actions)}")
    if grid.slip is not None:
        lines.append(f"  slip {grid.slip.value}")
    return "\n".join(["grid {", *lines, "}"])


def _mdp(mdp: tree.MdpEnvironment) -> str:
    lines = [f"  initial {_outcomes(mdp.initial)}"]
    for step in mdp.transitions:
        action = show_value(step.action.value)
        lines.append(f"  {show_value(step.state.value)}: {action} -> {_outcomes(step.outcomes)}")
    for label in mdp.labels:
        items = ", ".join(_values(item) for item in label.items)
        lines.append(f"  label {show_value(label.proposition.value)}: {items}")
    return "\n".join(["mdp {", *lines, "}"])


def _outcomes(outcomes: Sequence[tuple[tree.Number, tree.Text]]) -> str:
    return " + ".join(
        show_value(target.value)
        if probability.value == 1
        else f"{probability.value} {show_value(target.value)}"
        for probability, target in outcomes
    )


def _values(texts: Sequence[tree.Text]) -> str:
    return " ".join(show_value(text.value) for text in texts)


def _key(key: str) -> str:
    return f'"{key}"' if key.isspace() else key


def _word(text: str) -> str:
    shown = show_value(text)
    return show_quoted(text) if shown[0].isdigit() else shown


def _arguments(arguments: Sequence[tuple[tree.Text, _Value]]) -> str:
    if not arguments:
        return ""
    return " (" + ", ".join(f"{key.value}={_setting(value)}" for key, value in arguments) + ")"


def _setting(value: _Value) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, str):
        return show_quoted(value)
    if isinstance(value, Fraction) and value.denominator == 1:
        return f"{value}.0"
    return str(value)
