"""All rules by name, each kept from disturbing the others."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import wraps

from specc.chain.linear import SingularSystem, SystemTooLarge
from specc.diagnostics import SpecError
from specc.optimise.means import check_totals
from specc.verdict.evidence import Realisation
from specc.verdict.question import Question
from specc.verdict.realise import validate
from specc.verdict.realise.absorbed import decided_where_absorbed
from specc.verdict.realise.bounded import bounded_horizon
from specc.verdict.realise.constant import constant, reduction
from specc.verdict.realise.facts import noted
from specc.verdict.realise.found import found_so_far
from specc.verdict.realise.independent import action_independent
from specc.verdict.realise.memory import redundant_memory
from specc.verdict.realise.one_decision import one_decision
from specc.verdict.realise.outer import function_of_a_markov_value
from specc.verdict.realise.strong_law import strong_law

__all__ = ["RULES"]

_Rule = Callable[[Question], Iterator[Realisation]]


def _contained(rule: _Rule) -> _Rule:
    """The rule, silent where something is too large, and where a comparison went wrong.

    A mismatch means that the rule is wrong: tests let it through (``validate.STRICT``).
    """

    @wraps(rule)
    def quiet(question: Question) -> Iterator[Realisation]:
        try:
            # A total that does not settle under some policy has no value there.
            noted(question, "settled", lambda: check_totals(question.spec.objective, question.mdp))
            for found in rule(question):
                found_so_far(question).add(found.formalism)
                yield found
        except (SpecError, SystemTooLarge, SingularSystem):
            return
        except validate.Mismatch:
            if validate.STRICT:
                raise

    return quiet


RULES: dict[str, _Rule] = {
    rule.__name__: _contained(rule)
    for rule in (
        constant,
        reduction,
        redundant_memory,
        function_of_a_markov_value,
        bounded_horizon,
        decided_where_absorbed,
        action_independent,
        one_decision,
        strong_law,
    )
}
