"""C4b: a level set on which every Markov reward takes all of its values."""

from __future__ import annotations

from fractions import Fraction
from itertools import product

from .arithmetic import minus
from .common import index, read_policies
from .decode import Json, array, mapping, record, text
from .errors import Malformed, Rejected
from .germ import Number, polynomial
from .limits import at_most
from .logs import value_sign
from .smooth import analytic_value
from .statement import Environment, Policy, Statement
from .values import Valuation

__all__ = ["check_level"]

Faces = dict[str, tuple[str, ...]]
"""Some actions of every state: the policies that take no others."""


def check_level(statement: Statement, certificate: Json) -> None:
    """ONMR, MR.

    *Theorem.* Let F be the policies that at every state take only certain actions, and G a
    connected graph of segments between policies of F that differ at one state, through every
    deterministic policy of F. Let the spec's number Y be c on all of G, and another at w in F. Were
    the order that of f(J), J a Markov reward's value: J takes its least and its largest value
    on F at deterministic policies, and is continuous, so on the connected G it takes every
    value between; so J(v) = J(w) for some v on G, and v and w would be tied. Y is constant on a
    segment if it is at both ends, and its rational function inside is constant.
    """
    fields = ("format", "kind", "policies", "faces", "segments", "outside")
    record(certificate, "certificate", fields)
    value = analytic_value(statement, division=False)
    environment = statement.environment
    policies = read_policies(statement, certificate["policies"])
    faces = _faces(certificate["faces"], environment)
    outside = policies[index(certificate["outside"], policies, "certificate.outside")]
    segments = []
    at_most("segments", len(array(certificate["segments"], "certificate.segments")))
    for segment in certificate["segments"]:
        a, b = (
            index(x, policies, "certificate.segments")
            for x in array(segment, "certificate.segments", 2)
        )
        segments.append((a, b))
    if not segments:
        raise Rejected("graph", "there is no segment")
    used = {i for segment in segments for i in segment}
    for policy in [*(policies[i] for i in used), outside]:
        if any(not row.keys() <= set(faces[state]) for state, row in policy.items()):
            raise Rejected("faces", "a policy takes another action")
    _check_graph(used, segments)
    at_most("deterministic policies", _count(faces))
    corners = [policies[i] for i in used]
    for choice in product(*faces.values()):
        corner = {s: {a: Fraction(1)} for s, a in zip(faces, choice, strict=True)}
        if corner not in corners:
            raise Rejected("corners", "a deterministic policy of the faces is not on the graph")
    spec = statement.spec
    level = Valuation(environment, spec, policies[segments[0][0]]).value(value)
    inside = [_between(policies[a], policies[b]) for a, b in segments]
    for policy in [*corners, *inside]:
        if value_sign(minus(Valuation(environment, spec, policy).value(value), level)) != 0:
            raise Rejected("level", "the value is not constant on the graph")
    if value_sign(minus(Valuation(environment, spec, outside).value(value), level)) == 0:
        raise Rejected("comparison", "the policy outside has the value of the graph")


def _faces(value: Json, environment: Environment) -> Faces:
    """{state: [action, ..]}; as in policies, a state left out keeps its first action."""
    where = "certificate.faces"
    given = mapping(value, where)
    if unknown := given.keys() - environment.moves.keys():
        raise Malformed(f"{where}: {min(unknown)[:40]!r} is not a state")
    faces: Faces = {}
    for state, moves in environment.moves.items():
        actions = [text(a, where) for a in array(given.get(state, [min(moves)]), where)]
        if not actions or len({*actions}) != len(actions) or not {*actions} <= moves.keys():
            raise Malformed(f"{where}.{state}: different actions of the state were expected")
        faces[state] = tuple(actions)
    return faces


def _count(faces: Faces) -> int:
    count = 1
    for actions in faces.values():
        count *= len(actions)
    return count


def _check_graph(used: set[int], segments: list[tuple[int, int]]) -> None:
    reached = {segments[0][0]}
    for _ in used:
        for a, b in segments:
            if a in reached or b in reached:
                reached |= {a, b}
    if reached != used:
        raise Rejected("graph", "it is not connected")


def _between(start: Policy, end: Policy) -> Policy:
    """The policies inside a segment: start + e (end - start), for every e in (0, 1)."""
    changed = [state for state in start if start[state] != end[state]]
    if len(changed) != 1:
        raise Rejected("graph", "a segment joins policies that do not differ at just one state")
    (state,) = changed
    row: dict[str, Number] = {}
    for action in sorted(start[state].keys() | end[state].keys()):
        a, b = (p[state].get(action, Fraction(0)) for p in (start, end))
        row[action] = a + polynomial([Fraction(0), Fraction(1)]) * (b - a)
    return {**start, state: row}
