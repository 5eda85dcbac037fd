"""The formalism of a form: the table of the design, and forms built to mislead."""

from __future__ import annotations

import pytest
from objective_files import inferred

TABLE = {
    "MR": [
        *("J", "2*J - 3", "-J", "J + K", "exp(J)", "J**3", "max(J, J+1)", "3", "J - J", "J + 0*P"),
        *("lexicographic(J, 2*J+1)", "lexicographic(J, J**3)", "E[discounted(max(r, q), 0.9)]"),
        *("E[discounted(r, 0.9) + discounted(q, 0.9)]", "maximise J subject to 1 >= 0"),
    ],
    "ONMR": [
        *("J**2", "min(J, 3)", "1/J", "J**2 + 2*J", "abs(J)", "J*J", "J/J", "[J > 1]"),
        *("maximise J subject to J >= 1", "if J > 1 then J else 0", "(J - 1)*(J - 2)"),
    ],
    "FTLR": [
        *("min(J, K)", "max(J, K)", "J*K", "J - variance(discounted(r, 0.9))", "P*(1-P)"),
        *("min(P, 1/2)", "E[average(r)]**2", "quantile(1/2, discounted(r, 0.9))"),
        *("cvar(1/10, discounted(r, 0.9))", "E[discounted([g]*entropy, 0.9)]"),
        *("E[discounted(m + entropy, 0.9)]", "E[average(entropy)]", "E[total(r)]"),
        *("E[exp(discounted(entropy, 0.9))]", "maximise J subject to K >= 1"),
    ],
    "LTL": [
        *("P", "1 - P", "sqrt(P)", "E[exp(sat(F g))]", "E[sat(F g)*sat(F h)]", "LTLf[3](F g)"),
        *("P[LTLf[3](F g)]", "E[sup([g])]", "E[inf([g])]", "E[sup(2*[g] + 1)]", "P + P"),
        *("exp(2*P) - 1", "P[X g]"),
    ],
    "LAR": ["E[average(r)] + 2*E[average(q)]", "E[average(r)]", "E[average(r) + average(q)]"],
    "RM": [
        *("E[discounted(m, 0.9)]", "E[discounted(m + r, 0.9)]", "E[discounted(m*r, 0.9)]"),
        *("E[total(r, horizon=5)]", "E[coverage(horizon=5)]", "J + P[X X g]"),
        *("E[exp(total(r, horizon=3))]", "E[distinct(g, horizon=4)]", "P[X g] + P[X X h]"),
    ],
    "FTR": [
        *("P[F g] + P[F h]", "J + E[discounted(q, 0.8)]", "E[average(m)]", "E[coverage()]"),
        *("E[exp(discounted(r, 0.9))]", "E[sup(r)]", "J + P", "E[average(r)] + J"),
    ],
    "RRL": [
        *("E[discounted(r + entropy, 0.9)]", "E[discounted(r - kl(ref), 0.9)]"),
        *("E[discounted(entropy + tsallis(2), 0.9)]", "J + E[discounted(entropy, 0.9)]"),
        "E[discounted(r + exp(entropy), 0.9)]",
    ],
    "FPR": ["policy(a | s0)", "maximise J subject to policy(a | s0) >= 1/2", "J*policy(a | s0)"],
    "TLO": ["lexicographic(J, K)", "lexicographic(P, J)", "lexicographic(J**2, J)"],
    "PO": ["lexicographic(J, policy(a | s0))"],
}


@pytest.mark.parametrize(("formalism", "form"), [(f, form) for f in TABLE for form in TABLE[f]])
def test_table(formalism: str, form: str) -> None:
    assert inferred(form).formalism == formalism


_VARIANTS = {
    # Signs, nesting and constants.
    "-(-J)": "MR",
    "exp(exp(-J))": "MR",
    "-exp(1)*J": "MR",
    "exp(1)*J + K": "MR",
    "J/exp(1)": "MR",
    "1/(J + 100)": "MR",
    "log(J + 100)": "MR",
    "log(1/10**400)*J": "MR",
    "J**3 + J": "MR",
    "J**4": "ONMR",
    "-P": "LTL",
    "1/(1 + P)": "LTL",
    "P**2 + P": "LTL",
    "(P - 1/2)**2": "FTLR",
    "(P - 1/2)**3": "LTL",
    "P[!F g] + P": "MR",
    "E[sat(F g) + sat(!F g)]": "MR",
    "E[sat(F g)*sat(!F g)]": "MR",
    "E[sat(F g)**2]": "LTL",
    "E[max(sat(F g), sat(F h))]": "LTL",
    "E[sat(F g) + sat(F h)]": "FTR",
    "E[2*average(r) - 3]": "LAR",
    "-E[average(r)]": "LAR",
    "E[max(average(r), 0)]": "FTR",
    "E[average(r)*average(q)]": "FTR",
    "E[max(discounted(r, 0.9), discounted(r, 0.9) + 1)]": "MR",
    # Discounts.
    "E[discounted(r, 0)]": "MR",
    "E[discounted(r, 0)] + K": "RM",
    "E[discounted(m, 0)]": "RM",
    "E[discounted(r, 0.9)] - E[discounted(r, 9/10)]": "MR",
    "E[discounted(m, 0.9)] + E[discounted(m, 0.8)]": "FTR",
    "E[discounted(entropy, 0.9)] + E[discounted(r, 0.8)]": "FTLR",
    "E[discounted(m, 0.9)] + E[discounted(entropy, 0.9)]": "FTLR",
    # Functions that are bounded by their horizons add to one unbounded sum only.
    "E[discounted(m, 0.9)] + P[X g]": "RM",
    "P + P[X g]": "FTR",
    "E[average(r)] + P[X g]": "FTR",
    "E[min(total(r, horizon=3), discounted(r, 0.9))]": "FTR",
    "E[sup(m)]": "FTR",
    # Logarithms that may be minus infinity are no functions into the reals.
    "E[log(sat(F g))]": "FTLR",
    "E[discounted(log([g]), 0.9)]": "FTLR",
    "E[average(log([g]))]": "FTLR",
    "E[discounted(deep, 0.9)]": "FTLR",
    "E[log(total([g], horizon=3))]": "FTLR",
    "E[discounted(log([g]), 0.9)]**2": "FTLR",
    "E[log(1 + total([g], horizon=3))]": "RM",
    "E[discounted(log(1 + [g]), 0.9)]": "MR",
    "log(P)": "LTL",
    # Policy terms.
    "E[discounted(max(r, entropy), 0.9)]": "FTLR",
    "E[discounted(max(entropy, tsallis(2)), 0.9)]": "RRL",
    "E[discounted(max(kl(uniform), 1), 0.9)]": "FTLR",
    "E[discounted([entropy > 1/2], 0.9)]": "FTLR",
    "E[discounted(entropy, 0.9)]**2": "RRL",
    "E[discounted(r + entropy, 0.9)]**2": "FTLR",
    "E[total(entropy, horizon=3)]": "FTLR",
    "E[sup(entropy)]": "FTLR",
    "E[weighted_coverage(entropy, horizon=3)]": "FTLR",
    "policy(a | s0) - policy(a | s0)": "MR",
    # Orders.
    "lexicographic(J, 3, J**2)": "MR",
    "lexicographic(3, P)": "LTL",
    "lexicographic(J, -J)": "MR",
    "lexicographic(J, exp(J), K, J + K)": "TLO",
    "lexicographic(policy(a | s0), 1)": "FPR",
    "maximise J subject to J >= 1, J <= 2": "ONMR",
    "maximise P subject to P >= 1/2": "FTLR",
    "maximise P subject to P >= 0": "LTL",
    "maximise P subject to P > 1": "MR",
    "maximise 3 subject to K >= 1": "ONMR",
    "maximise K subject to P >= 1/2": "FTLR",
}


@pytest.mark.parametrize(("form", "formalism"), _VARIANTS.items())
def test_variants(form: str, formalism: str) -> None:
    assert inferred(form).formalism == formalism


_EXTENSIONS = {
    "J": {"TDR", "LMORL", "LMORLG"},
    "J + E[discounted(q, 0.8)]": {"LMORLG"},
    "cvar(1/10, discounted([g] - [h], 0.9))": {"CVAR"},
    "-cvar(1/10, discounted(r, 0.9))": set(),
    "quantile(1/2, discounted(r, 0.9))": {"QUANT"},
    "-quantile(1/2, discounted(r, 0.9))": set(),
    "maximise J subject to K >= 1": {"CMDP"},
    "maximise J subject to K > 1": set(),
    "maximise J subject to E[discounted(q, 0.8)] >= 1": set(),
    "lexicographic(J, K)": {"LEX"},
    "lexicographic(J, E[discounted(q, 0.8)])": set(),
    "E[discounted(r - kl(ref), 0.9)]": {"KLRRL"},
    "-E[discounted(r + kl(ref), 0.9)]": {"KLRRL"},
    "-E[discounted(r - kl(ref), 0.9)]": set(),
    "E[discounted(r + kl(ref), 0.9)]": set(),
    "E[sup(r)]": {"MAXR"},
    "-E[sup(r)]": {"MINR"},
    "-E[inf(r)]": {"MAXR"},
    "P": {"COSAFE", "OMEGA"},
    "-P": {"OMEGA"},
    "P[G g]": {"OMEGA"},
    "P[X g]": {"LTLF", "COSAFE", "OMEGA"},
    "E[coverage(horizon=3)]": {"SUB_H", "SUBT_H"},
    "-E[coverage(horizon=3)]": set(),
    "E[weighted_coverage(q, horizon=3)]": set(),
    "E[coverage()]": {"SUB"},
    "E[min(total([from(g)], horizon=5), 2)]": {"SUBT_H"},
    "E[min(total([from(g)] + 2*[action = b], horizon=5), 2)]": {"SUBT_H"},
    "E[max(total([from(g)], horizon=5), 2)]": set(),
    "E[min(total([g], horizon=5), 2)]": set(),
    "E[min(total([from(g)] - 1, horizon=5), 2)]": set(),
    "-E[min(total([from(g)], horizon=5), 2)]": set(),
}


@pytest.mark.parametrize(("form", "symbols"), _EXTENSIONS.items())
def test_extensions(form: str, symbols: set[str]) -> None:
    assert set(inferred(form).also) == symbols


@pytest.mark.parametrize(
    "form",
    [
        "(((((P + 2)**64)**64)**64)**64)**2",
        "(((((E[discounted(r, 0.9)] + 2)**64)**64)**64)**64)*10**900",
        "log(1/10**900)*J + exp(10**900)*K",
        "log(10**900 + J)",
        "exp(" * 60 + "P" + ")" * 60,
        "(10**900*exp(J))**2 - 10**900*log(P)",
        "abs(" * 120 + "P" + ")" * 120,
    ],
)
def test_towers_of_powers_stay_small(form: str) -> None:
    assert inferred(form).formalism in {"LTL", "MR", "FTLR", "ONMR"}


def test_the_reason_points_at_the_culprit() -> None:
    found = inferred("J + E[discounted(2*entropy, 0.9)]")
    assert found.formalism == "RRL"
    assert found.span.end - found.span.start == len("entropy")
