"""Whatever the text, reading it yields diagnostics and never an exception."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from specc.objective.infer import infer
from specc.resolve.file import load_text

_FILE = """\
env walk = mdp {
  initial s0
  s0: go -> s1
      wait -> s0
  s1: go -> 1/2 s1 + 1/2 s0
  label goal: s1
}
prop near = goal | from(at(s0)) & !action = wait
reward tip = 2*[near] - 1/3
machine run {
  states u0 u1
  u0 -> u1 when goal emit tip
  * -> done when near & !goal emit -1
  final done
}
policy ref = uniform
spec a in walk = E[discounted(run + tip, 0.9)]
spec b in walk = P[G F goal & (near U goal)]
spec c in walk = lexicographic(E[average(tip)], cvar(1/10, total(tip, horizon=5)))
spec d in walk = maximise E[discounted(tip - kl(ref), 0.9)] subject to policy(go | s0) >= 1/2
spec e in walk = E[if sat(F goal) > 0 then coverage(horizon=3) else [total(tip, horizon=2) > 1]]
assert a in RM
assert value(b) >= 1/2
assert order(a) = order(c)
"""
_WORDS = [
    *("env", "walk", "prop", "reward", "machine", "spec", "policy", "assert", "in", "=", "mdp"),
    *("{", "}", "(", ")", "[", "]", "\n", ";", ",", "->", "when", "emit", "states", "final", "*"),
    *("E", "P", "F", "G", "X", "U", "GFgoal", "goal", "near", "tip", "run", "u0", "s0", "go"),
    *("discounted", "average", "total", "horizon=", "sup", "sat", "LTLf", "coverage", "entropy"),
    *("0.9", "1", "1/0", "-", "+", "**", "log", "exp", "min", "if", "then", "else", ">", "!", "&"),
    *("lexicographic", "maximise", "subject to", "quantile", "variance", "kl", "tsallis", "at"),
    *("from", "action = go", "policy(go | s0)", '"q"', "native", "obs[0]", "info.x", "true", "0"),
]


def _read(text: str) -> None:
    file = load_text(text)
    for found in file.diagnostics:
        assert found.code[0] in "EWN"
        assert found.span is None or 0 <= found.span.start <= found.span.end <= len(text)
    for spec in file.specs.values():
        infer(spec.objective)


def test_the_file_itself_is_sound() -> None:
    file = load_text(_FILE)
    assert file.diagnostics == ()
    assert sorted(file.specs) == ["a", "b", "c", "d", "e"]


@settings(max_examples=80, deadline=None)
@given(st.data())
def test_mutated_files(data: st.DataObject) -> None:
    pieces = _FILE.split(" ")
    for _ in range(data.draw(st.integers(1, 4))):
        place = data.draw(st.integers(0, len(pieces) - 1))
        change = data.draw(st.sampled_from(["drop", "replace", "insert", "swap"]))
        word = data.draw(st.sampled_from(_WORDS))
        match change:
            case "drop":
                del pieces[place]
            case "replace":
                pieces[place] = word
            case "insert":
                pieces.insert(place, word)
            case _:
                other = data.draw(st.integers(0, len(pieces) - 1))
                pieces[place], pieces[other] = pieces[other], pieces[place]
    _read(" ".join(pieces))


@settings(max_examples=120, deadline=None)
@given(st.lists(st.sampled_from(_WORDS), max_size=25).map(" ".join))
def test_soups_of_tokens(soup: str) -> None:
    _read(soup)
    _read(_FILE + f"spec soup in walk = {soup}\n")


@settings(max_examples=60, deadline=None)
@given(st.text(max_size=40))
def test_any_text(text: str) -> None:
    _read(text)
    _read(f"spec x = E[discounted({text}, 0.9)]\n")
