"""Where an objective can be written, as far as inference and the preorder say.

Nothing is refuted here: "not found" is never "no".
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from specc.objective.infer import Inference
from specc.objective.same_order import essence
from specc.preorder import Preorder

__all__ = ["Verdict", "verdicts"]


@dataclass(frozen=True, slots=True)
class Verdict:
    """One formalism's verdict on one spec in its environment; the fields are the JSON's.

    ``trust`` says what stands behind it: ``inference`` (the form itself), ``stated`` (lemmas of
    the preorder that are not proved yet) or ``none``; ``rests_on`` names the lemmas.
    """

    verdict: Literal["expressible", "inexpressible", "unknown"]
    relation: str
    trust: str
    rests_on: tuple[str, ...]
    why: str
    certificate: str | None
    translation: str | None


def verdicts(
    inference: Inference, text: str, preorder: Preorder, wanted: tuple[str, ...]
) -> Mapping[str, Verdict]:
    """One verdict per wanted formalism."""
    constant = not essence(inference.objective).components and not _constrained(inference)
    return {symbol: _verdict(symbol, inference, text, preorder, constant) for symbol in wanted}


def _constrained(inference: Inference) -> bool:
    return bool(essence(inference.objective).constraints)


def _verdict(
    symbol: str, inference: Inference, text: str, preorder: Preorder, constant: bool
) -> Verdict:
    found = inference.formalism
    if symbol == found:
        why = f"the spec is written in {symbol}"
        return Verdict("expressible", "order", "inference", (), why, None, text)
    if constant:
        why = "the objective is constant: all policies are tied, which every formalism can say"
        return Verdict("expressible", "order", "inference", (), why, None, None)
    if preorder.geq(symbol, found) is True:
        lemmas = tuple(preorder.rests_on(symbol, found))
        why = f"inferred as {found}, and {symbol} >= {found} by lemmas that are stated, not proved"
        return Verdict("expressible", "order", "stated", lemmas, why, None, None)
    if preorder.geq(symbol, found) is False:
        why = (
            f"some {found} objectives cannot be written in {symbol} "
            f"({_standing(preorder, symbol, found)}); whether this one can be was not searched"
        )
    else:
        why = f"how {symbol} relates to {found} is open, and this spec was not searched"
    return Verdict("unknown", "order", "none", (), why, None, None)


def _standing(preorder: Preorder, upper: str, lower: str) -> str:
    """How far a negative answer is proved, were its certificates checked: that takes `prove`."""
    proofs = {lemma.id: lemma.proof for lemma in preorder.lemmas}
    if all(proofs[name] is not None for name in preorder.rests_on(upper, lower)):
        return "machine-checked by `specc prove`"
    return "by lemmas of which some are stated, not proved"
