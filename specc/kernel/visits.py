"""C9: what was visited, as a set of transitions."""

from __future__ import annotations

from .chain import components, plain
from .common import index, read_policies
from .decode import Json, array, record, text
from .errors import Malformed, Rejected
from .lottery import lottery
from .same import strict_pair
from .statement import Statement, Step
from .values import compare

__all__ = ["check_covered_visits", "check_more_visits", "check_same_visits"]


def check_same_visits(statement: Statement, certificate: Json) -> None:
    """SUB, MAXR, MINR.

    *Theorem.* The value is a mean of a function of the set of transitions ever visited. Let two
    policies have the same support at every reachable state, and the same probabilities at the
    transient ones. Their chains have the same graph, they enter each bottom component with the
    same probability after the same paths, and there every transition is visited almost surely.
    So the sets have the same law; but the policies are not tied.
    """
    first, second = strict_pair(statement, certificate)
    chain = plain(statement.environment, first)
    number = components(chain)
    leaving = {
        number[i] for i, edges in enumerate(chain.edges) for to, _, _ in edges
        if number[to] != number[i]
    }  # fmt: skip
    for state, component in zip(chain.nodes, number, strict=True):
        if first[state].keys() != second[state].keys():
            raise Rejected("support", f"the policies take different actions at {state!r}")
        if component in leaving and first[state] != second[state]:
            raise Rejected("transient", f"the policies differ at {state!r}, which is left for good")


def check_more_visits(statement: Statement, certificate: Json) -> None:
    """SUB_H, SUB.

    *Theorem.* Let every action that ``mixed`` takes in ``state`` stay there for sure, and let
    ``pure`` have, for each such action, the policy that takes it there and is like ``mixed``
    elsewhere. When ``mixed`` comes to the state, its first action is a with its probability, and
    from then on the policy that takes a visits nothing but this transition, and ``mixed`` that and
    perhaps others. F is monotone, so the value of ``mixed`` is at least the mean of theirs,
    weighted by its probabilities, for every horizon; but none of them is below it, and one above.
    """
    record(certificate, "certificate", ("format", "kind", "policies", "state", "mixed", "pure"))
    policies = read_policies(statement, certificate["policies"])
    state = text(certificate["state"], "certificate.state")
    moves = statement.environment.moves.get(state)
    if moves is None:
        raise Malformed("certificate.state: not a state")
    mixed = policies[index(certificate["mixed"], policies, "certificate.mixed")]
    gains: list[int] = []
    taken: set[str] = set()
    for entry in array(certificate["pure"], "certificate.pure"):
        pure = policies[index(entry, policies, "certificate.pure")]
        if len(pure[state]) != 1 or {**mixed, state: pure[state]} != pure:
            raise Rejected("pure", f"not one action in {state!r}, or another policy elsewhere")
        taken |= pure[state].keys()
        gains.append(compare(statement.environment, statement.spec, pure, mixed))
    if taken != mixed[state].keys():
        raise Rejected("pure", "other actions than those of the mixed policy")
    if any([to for to, _ in moves[action]] != [state] for action in taken):
        raise Rejected("stay", f"an action leaves {state!r}")
    if min(gains) < 0 or max(gains) == 0:
        raise Rejected("comparison", "a pure policy is below the mixed one, or none is above")


def check_covered_visits(statement: Statement, certificate: Json) -> None:
    """MAXR.

    *Theorem.* A policy with one trajectory is worth the largest reward of its transitions. If each
    transition of ``above`` is one of some policy of ``below``, the one with its largest reward is,
    so this policy is worth at least as much; but ``above`` is strictly above all of them.
    """
    record(certificate, "certificate", ("format", "kind", "policies", "above", "below"))
    environment = statement.environment
    policies = read_policies(statement, certificate["policies"])
    if any(len(lottery(environment, policy)) != 1 for policy in policies):
        raise Rejected("lottery", "a policy has more than one trajectory")
    visited: list[set[Step]] = [
        {step for edges in plain(environment, policy).edges for _, _, step in edges}
        for policy in policies
    ]
    above = index(certificate["above"], policies, "certificate.above")
    rest = visited[above]
    for entry in array(certificate["below"], "certificate.below"):
        below = index(entry, policies, "certificate.below")
        if compare(environment, statement.spec, policies[above], policies[below]) != 1:
            raise Rejected("comparison", "the policy is not strictly above another")
        rest = rest - visited[below]
    if rest:
        raise Rejected("covered", "a transition of the policy is visited by no other")
