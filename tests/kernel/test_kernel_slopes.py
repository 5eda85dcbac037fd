"""C4a with logarithms: their slopes are exact, so an entropy's peak is refuted as any other."""

from __future__ import annotations

import pytest

from specc.kernel import Rejected, check
from specc.resolve.file import load_text
from specc.statement import compact, statement

PEAK = """env three = mdp {
  initial s0
  s0: a -> s0
      b -> s0
      c -> s0
}
spec peak in three = E[discounted(%s, 1/2)]
"""


@pytest.mark.parametrize("signal", ["entropy", "2 * entropy - 1", "-kl(uniform)"])
@pytest.mark.parametrize("formalism", ["ONMR", "MR"])
def test_slopes_of_logarithms_are_exact(signal: str, formalism: str) -> None:
    """The peak of an entropy is no function of a Markov value: ties across b, c and across a, c."""
    spec = load_text(PEAK % signal)["peak"]
    document = compact(statement(spec, formalism)).encode()
    policies: list[dict[str, dict[str, str]]] = [
        {"s0": {"a": "1/3", "b": "1/3", "c": "1/3"}},
        {"s0": {"a": "1"}},
        {"s0": {"a": "1/2", "b": "1/4", "c": "1/4"}},
        {"s0": {"a": "1/4", "b": "1/2", "c": "1/4"}},
    ]
    points = [
        {"policy": 2, "tie": {"s0": {"b": "1", "c": "-1"}}, "slope": {"s0": {"a": "1", "b": "-1"}}},
        {"policy": 3, "tie": {"s0": {"a": "1", "c": "-1"}}, "slope": {"s0": {"b": "1", "c": "-1"}}},
    ]
    certificate = {
        "format": "specc-certificate-1",
        "kind": "C4a infinitesimal ties",
        "policies": policies,
        "pair": [0, 1],
        "points": points,
        "tiles": [{"from": "0", "to": "1", "multipliers": [[["1", 0, 0]], ["1/3"], ["-2/3"]]}],
    }
    assert check(document, compact(certificate).encode()).formalism == formalism
    # Across a, b the value changes at the first point; along it, it has no slope.
    lying = {**certificate, "points": [{**points[0], "tie": points[0]["slope"]}, points[1]]}
    with pytest.raises(Rejected, match="tie"):
        check(document, compact(lying).encode())
    flat = {**certificate, "points": [{**points[0], "slope": points[0]["tie"]}, points[1]]}
    with pytest.raises(Rejected, match="gradient"):
        check(document, compact(flat).encode())
