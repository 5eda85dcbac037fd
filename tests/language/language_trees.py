"""Random syntax trees that the parser can produce, and example files."""

from __future__ import annotations

from fractions import Fraction

from hypothesis import strategies as st

from specc.syntax import tree

OFFICE = '''# office.spec: coffee and mail to the office, never step on a plant
env floor = grid {
  map """
    #########
    #c..|..o#
    #.*.|.*.#
    #@.....m#
    #########
  """
  legend { c: coffee  m: mail  o: office  *: plant  #: wall  |: wall  @: start }
  actions north south east west
  slip 1/10                       # with this probability, to each side
}

reward tip  = 1*[office] - 10*[plant]
reward step = -1/100

machine run {
  states u0 u1
  u0 -> u1   when coffee & !plant
  u1 -> done when office          emit 1
  *  -> fail when plant           emit -1
  final done fail
}

spec deliver in floor = E[ discounted(run, 0.99) ]
spec patrol  in floor = P[ G F coffee & G F mail & G !plant ]
spec cover   in floor = E[ coverage(horizon=40, radius=1) ]
spec risk    in floor = E[ -exp(-discounted(tip, 0.95)) ]
spec fair    in floor = min(E[ discounted([coffee], 0.9) ], E[ discounted([mail], 0.9) ])
spec careful in floor = lexicographic(P[ G !plant ], E[ discounted(tip, 0.99) ])
spec simple  in floor : MR = E[ discounted(tip + step, 0.99) ]     # annotation: checked
spec odd = policy(a | s0) + E[logdet(kernel=rbf(2), noise=0.1, horizon=3)]
spec limited = maximise E[average(tip)] subject to P[F office] >= 1/2, P[G a] = 1

assert simple in MR
assert patrol not in MR
assert value(deliver) >= 1/2
assert order(risk) = order(risk)
'''

CHAIN = """env chain = mdp { initial 1/2 s0 + 1/2 1   # two starts

  s0: a -> s1; b -> 1/2 s0 + 1/2 "odd state"
      c -> 1
  label goal: s1, s0
  label jump: s0 a s1 }
env lake = gym "FrozenLake-v1" (map_name="8x8", is_slippery=true, size=-3, share=1/2, real=2.0)
env disk = file "model.prism" (K=3)
policy even = uniform
policy mine = file "P.json"
machine m = hoa "a.hoa"
prop near = obs[0] >= 1/2 & info.close | from(at(s0)) xor action != 3
reward r = if near then 2*native else -1e-3
"""

EXAMPLES = (OFFICE, CHAIN)

_WORDS = ["a", "b", "goal", "R", "F", "GF", "U", "until", "x1", "entropy", "étage"]
_FORMULA_WORDS = ["a", "b", "goal", "GFa", "x1", "Fire"]
_STATES = ["s0", "7", "odd state", 'a "b" \\c', "F", "not"]

_numbers = st.builds(
    tree.Number,
    st.one_of(
        st.integers(0, 10**30).map(Fraction),
        st.tuples(st.integers(0, 10**6), st.integers(0, 200)).map(
            lambda pair: Fraction(pair[0], 10 ** pair[1])
        ),
    ),
)
_plain_numbers = st.integers(2, 99).map(lambda value: tree.Number(Fraction(value)))


def _names(words: list[str]) -> st.SearchStrategy[tree.Expression]:
    quoted = st.sampled_from([*words, "F", "until", "not", "two words", 'q"uote', "back\\slash"])
    return st.one_of(
        st.builds(tree.Name, st.sampled_from(words)),
        st.builds(tree.Name, quoted, st.just(True)),
    )


def _operation(operator: str, *operands: st.SearchStrategy[tree.Expression]) -> st.SearchStrategy:
    return st.tuples(*operands).map(lambda chosen: tree.Operation(operator, chosen))


def _flat(operator: str, operand: st.SearchStrategy[tree.Expression]) -> st.SearchStrategy:
    return st.lists(operand, min_size=2, max_size=4).map(
        lambda chosen: tree.Operation(operator, tuple(chosen))
    )


_ATOMS = st.one_of(
    st.booleans().map(tree.Boolean),
    st.builds(tree.ActionIs, st.sampled_from(_STATES), st.booleans()),
    st.builds(tree.At, st.sampled_from(_STATES)),
    st.builds(tree.InfoKey, st.sampled_from(["key", "other"])),
    st.builds(tree.From, _names(["a", "R", "GF"])),
    st.tuples(
        st.sampled_from(["<", "<=", ">", ">=", "=", "!="]),
        st.integers(0, 9).map(tree.Observation),
        _plain_numbers,
    ).map(lambda parts: tree.Operation(parts[0], parts[1:])),
)


def _truths(words: list[str], temporal: bool) -> st.SearchStrategy[tree.Expression]:
    def extend(inner: st.SearchStrategy[tree.Expression]) -> st.SearchStrategy[tree.Expression]:
        choices = [_operation("not", inner), _flat("and", inner), _flat("or", inner)]
        choices.extend(_operation(sign, inner, inner) for sign in ("xor", "->", "<->"))
        if temporal:
            choices.extend(_operation(sign, inner) for sign in "FGX")
            choices.extend(_operation(sign, inner, inner) for sign in "UWRM")
        return st.one_of(*choices)

    return st.recursive(_names(words) | _ATOMS, extend, max_leaves=12)


formulas = _truths(_FORMULA_WORDS, temporal=True)
conditions = _truths(_WORDS, temporal=False)


def _extend(inner: st.SearchStrategy[tree.Expression]) -> st.SearchStrategy[tree.Expression]:
    keywords = st.lists(
        st.tuples(st.sampled_from(["horizon", "radius"]), inner),
        max_size=2,
        unique_by=lambda pair: pair[0],
    ).map(tuple)
    arguments = st.lists(inner, max_size=3).map(tuple)
    return st.one_of(
        _flat("+", inner),
        _flat("*", inner),
        _operation("/", inner, inner),
        _operation("**", inner, inner),
        _operation("neg", inner),
        st.builds(tree.Conditional, conditions, inner, inner),
        st.builds(tree.Call, st.sampled_from(["min", "coverage", "R"]), arguments, keywords),
        inner.map(lambda body: tree.Call("E", (body,))),
        formulas.map(lambda body: tree.Call("P", (body,))),
        formulas.map(lambda body: tree.Call("sat", (body,))),
        st.tuples(_plain_numbers, formulas).map(lambda pair: tree.Call("LTLf", pair)),
        conditions.map(lambda body: tree.Call("distinct", (body,))),
    )


_leaves = st.one_of(
    _names(_WORDS),
    _numbers,
    conditions.map(tree.Indicator),
    st.builds(tree.PolicyProbability, st.sampled_from(_STATES), st.sampled_from(_STATES)),
)

expressions = st.recursive(_leaves, _extend, max_leaves=10)
