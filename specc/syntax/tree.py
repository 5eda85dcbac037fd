"""The syntax tree of a `.spec` file, as written: names unresolved, layers unchecked.

Every node is frozen and has a ``span``; spans do not take part in equality. `a - b` is
``Operation("+", (a, Operation("neg", (b,))))``; `+ * and or` are flat, so that long sums and
conjunctions stay shallow. The parser bounds the depth (:data:`MAXIMUM_DEPTH`), so walkers may
recurse.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from fractions import Fraction

from specc.source import Span

__all__ = [
    "MAXIMUM_DEPTH",
    "ActionIs",
    "Assertion",
    "At",
    "Boolean",
    "Call",
    "Conditional",
    "Constrained",
    "Declaration",
    "EnvironmentDeclaration",
    "Expression",
    "File",
    "FileEnvironment",
    "From",
    "GridEnvironment",
    "GymEnvironment",
    "Indicator",
    "InfoKey",
    "Legend",
    "MachineDeclaration",
    "MachineEdge",
    "MachineFile",
    "MdpEnvironment",
    "MdpLabel",
    "MdpTransition",
    "Membership",
    "Name",
    "Number",
    "Observation",
    "Operation",
    "OrderEquality",
    "PolicyDeclaration",
    "PolicyProbability",
    "PropositionDeclaration",
    "RewardDeclaration",
    "SpecDeclaration",
    "Text",
    "ValueComparison",
]

MAXIMUM_DEPTH = 200
"""Deepest nesting of an expression that the parser accepts."""

_NOWHERE = Span(0, 0)


@dataclass(frozen=True, slots=True, kw_only=True)
class Node:
    """Anything with a place in the text."""

    span: Span = field(default=_NOWHERE, compare=False)


# -- expressions: arithmetic, Boolean and LTL share these nodes


@dataclass(frozen=True, slots=True)
class Name(Node):
    """A word, or in a formula a quoted proposition (``quoted``)."""

    name: str
    quoted: bool = False


@dataclass(frozen=True, slots=True)
class Number(Node):
    """An exact rational literal."""

    value: Fraction


@dataclass(frozen=True, slots=True)
class Boolean(Node):
    """``true`` or ``false`` (in formulas also ``1`` and ``0``)."""

    value: bool


@dataclass(frozen=True, slots=True)
class Operation(Node):
    """An operator on its operands.

    Numbers: ``+ * / ** neg``. Comparisons: ``< <= > >= = !=``. Truth: ``not and or xor -> <->``.
    LTL: ``F G X U W R M``. ``+ * and or`` take two or more operands, ``neg not F G X`` one.
    """

    operator: str
    operands: tuple[Expression, ...]


@dataclass(frozen=True, slots=True)
class Call(Node):
    """``name(positional, keyword=value)``; `E[t]` is ``Call("E", (t,))``, `LTLf[n](phi)` is
    ``Call("LTLf", (n, phi))``. ``function_span`` is the function's word alone."""

    function: str
    positional: tuple[Expression, ...] = ()
    keyword: tuple[tuple[str, Expression], ...] = ()
    function_span: Span = field(default=_NOWHERE, compare=False)


@dataclass(frozen=True, slots=True)
class Indicator(Node):
    """``[condition]``: 1 where the condition holds, else 0."""

    condition: Expression


@dataclass(frozen=True, slots=True)
class Conditional(Node):
    """``if condition then x else y``."""

    condition: Expression
    then: Expression
    otherwise: Expression


@dataclass(frozen=True, slots=True)
class Observation(Node):
    """``obs[i]``: component ``index`` of the observation (of the state just entered)."""

    index: int


@dataclass(frozen=True, slots=True)
class InfoKey(Node):
    """``info.key`` of a Gymnasium step."""

    key: str


@dataclass(frozen=True, slots=True)
class ActionIs(Node):
    """``action = a``: the action of this transition (``negated`` for ``!=``)."""

    action: str
    negated: bool = False


@dataclass(frozen=True, slots=True)
class At(Node):
    """``at(s)``: the state just entered is ``s``."""

    state: str


@dataclass(frozen=True, slots=True)
class From(Node):
    """``from(p)``: ``p`` read on the state left."""

    operand: Expression


@dataclass(frozen=True, slots=True)
class PolicyProbability(Node):
    """``policy(a | s)``."""

    action: str
    state: str


@dataclass(frozen=True, slots=True)
class Constrained(Node):
    """``maximise x subject to y >= c, ...``; each constraint is a comparison."""

    objective: Expression
    constraints: tuple[Operation, ...]


Expression = (
    Name
    | Number
    | Boolean
    | Operation
    | Call
    | Indicator
    | Conditional
    | Observation
    | InfoKey
    | ActionIs
    | At
    | From
    | PolicyProbability
    | Constrained
)


# -- declarations


@dataclass(frozen=True, slots=True)
class Text(Node):
    """A word or quoted text used as a plain value: a state, an action, a path, a class name."""

    value: str


@dataclass(frozen=True, slots=True)
class Legend(Node):
    """One entry of a grid's legend: a character and the proposition of its cells."""

    key: str
    proposition: Text


@dataclass(frozen=True, slots=True)
class GridEnvironment(Node):
    """``grid { map ... legend { ... } actions ... slip q }``; rows are dedented map lines."""

    rows: tuple[Text, ...]
    legend: tuple[Legend, ...]
    actions: tuple[Text, ...]
    slip: Number | None = None


@dataclass(frozen=True, slots=True)
class MdpTransition(Node):
    """``state: action -> 1/2 t + 1/2 u`` (a bare target has probability 1)."""

    state: Text
    action: Text
    outcomes: tuple[tuple[Number, Text], ...]


@dataclass(frozen=True, slots=True)
class MdpLabel(Node):
    """``label p: s, t`` or ``label p: s a t``; every item is one state or a triple."""

    proposition: Text
    items: tuple[tuple[Text, ...], ...]


@dataclass(frozen=True, slots=True)
class MdpEnvironment(Node):
    """``mdp { initial ... }``."""

    initial: tuple[tuple[Number, Text], ...]
    transitions: tuple[MdpTransition, ...]
    labels: tuple[MdpLabel, ...]


@dataclass(frozen=True, slots=True)
class GymEnvironment(Node):
    """``gym "Id" (key=value)``; values are bool, int, Fraction or str."""

    identifier: Text
    arguments: tuple[tuple[Text, bool | int | Fraction | str], ...] = ()


@dataclass(frozen=True, slots=True)
class FileEnvironment(Node):
    """``file "path" (constant=value)``; the ending says the format."""

    path: Text
    arguments: tuple[tuple[Text, bool | int | Fraction | str], ...] = ()


@dataclass(frozen=True, slots=True)
class EnvironmentDeclaration(Node):
    """``env name = ...``."""

    name: Text
    definition: GridEnvironment | MdpEnvironment | GymEnvironment | FileEnvironment


@dataclass(frozen=True, slots=True)
class PropositionDeclaration(Node):
    """``prop name = boolean``."""

    name: Text
    expression: Expression


@dataclass(frozen=True, slots=True)
class RewardDeclaration(Node):
    """``reward name = arithmetic``."""

    name: Text
    expression: Expression


@dataclass(frozen=True, slots=True)
class MachineEdge(Node):
    """``source -> target when guard emit value``; source ``*`` is every non-final state."""

    source: Text
    target: Text
    guard: Expression
    emit: Expression | None = None


@dataclass(frozen=True, slots=True)
class MachineDeclaration(Node):
    """``machine name { states ...; edges; final ... }``."""

    name: Text
    states: tuple[Text, ...]
    edges: tuple[MachineEdge, ...]
    final: tuple[Text, ...] = ()


@dataclass(frozen=True, slots=True)
class MachineFile(Node):
    """``machine name = hoa "a.hoa"`` or ``= rm "t1.txt"``."""

    name: Text
    kind: str
    path: Text


@dataclass(frozen=True, slots=True)
class PolicyDeclaration(Node):
    """``policy name = uniform`` (``path`` is None) or ``= file "P.json"``."""

    name: Text
    path: Text | None = None


@dataclass(frozen=True, slots=True)
class SpecDeclaration(Node):
    """``spec name in environment : annotation = expression``."""

    name: Text
    environment: Text | None
    annotation: Text | None
    expression: Expression


@dataclass(frozen=True, slots=True)
class Membership(Node):
    """``assert spec in X`` or ``assert spec not in X``."""

    spec: Text
    formalism: Text
    negated: bool = False


@dataclass(frozen=True, slots=True)
class OrderEquality(Node):
    """``assert order(a) = order(b)`` (``negated`` for ``!=``)."""

    left: Text
    right: Text
    negated: bool = False


@dataclass(frozen=True, slots=True)
class ValueComparison(Node):
    """``assert value(spec) >= number``."""

    spec: Text
    comparison: str
    bound: Expression


@dataclass(frozen=True, slots=True)
class Assertion(Node):
    """``assert claim``."""

    claim: Membership | OrderEquality | ValueComparison


Declaration = (
    EnvironmentDeclaration
    | PropositionDeclaration
    | RewardDeclaration
    | MachineDeclaration
    | MachineFile
    | PolicyDeclaration
    | SpecDeclaration
    | Assertion
)


@dataclass(frozen=True, slots=True)
class File(Node):
    """A whole file, declarations in order."""

    declarations: tuple[Declaration, ...]
