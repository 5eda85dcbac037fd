"""Every mistake is reported, in the user's words; no text raises."""

from __future__ import annotations

import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from language_trees import EXAMPLES, OFFICE

from specc.codes.syntax import CODES
from specc.diagnostics import Diagnostic
from specc.render.diagnostics import render_diagnostic
from specc.source import Source, Span
from specc.syntax import tree
from specc.syntax.format import format_text
from specc.syntax.parse import parse, parse_expression, parse_formula
from specc.syntax.scan import MAXIMUM_CHARACTERS

TEN = """env floor = grid {
  map "no map"
  legend { goal: g }
  action north
}
rewrad tip = [office
prop p == a
prop q = F a
machine run {
  states u0
  u0 -> u0 whne a
}
spec a = P[ G F coffee & ]
spec b = E[ discounted(2 x, 0.9) ]
assert b is MR
foo
policy ref = unifrom
"""


@pytest.mark.parametrize("page", [p for p in CODES if p.wrong], ids=lambda page: page.code)
def test_every_page_shows_its_code(page: object) -> None:
    codes = [d.code for d in parse(Source("wrong", page.wrong))[1]]
    assert page.code in codes
    assert parse(Source("right", page.right))[1] == ()


def test_many_mistakes_are_all_shown() -> None:
    source = Source("ten.spec", TEN)
    diagnostics = parse(source)[1]
    found = {(source.position(d.span.start).line, d.code) for d in diagnostics}
    assert found >= {
        (2, "E106"), (3, "E113"), (4, "E106"), (6, "E105"), (6, "E103"), (7, "E108"), (8, "E109"),
        (11, "E106"), (13, "E106"), (14, "E106"), (15, "E106"), (16, "E105"), (17, "E106"),
    }  # fmt: skip
    assert len(diagnostics) == len(found)


def test_a_misspelt_keyword_gets_the_nearest_one() -> None:
    (diagnostic,) = parse(Source("x", "rewrad tip = 1"))[1]
    assert diagnostic.help == "did you mean `reward`?"


def test_a_file_that_is_too_large_is_refused() -> None:
    (diagnostic,) = parse(Source("x", "#" * (MAXIMUM_CHARACTERS + 1)))[1]
    assert diagnostic.code == "E111"


@pytest.mark.parametrize(
    "text",
    ["!" * 5000 + "a", "a" + " -> a" * 5000, "2" + "**2" * 5000, "-" * 5000 + "a",
     "[" * 5000 + "a" + "]" * 5000],
    ids=["not", "implies", "power", "minus", "brackets"],
)  # fmt: skip
def test_deep_expressions_are_refused(text: str) -> None:
    expression, (diagnostic,) = parse_expression(Source("x", text))
    assert expression is None
    assert diagnostic.code == "E110"


def test_long_sums_and_brackets_are_not_deep() -> None:
    expression, diagnostics = parse_expression(
        Source("x", "(" * 3000 + "a + " * 5000 + "b" + ")" * 3000)
    )
    assert not diagnostics
    assert isinstance(expression, tree.Operation)
    assert len(expression.operands) == 5001


def test_the_example_of_the_page_is_rendered_as_there() -> None:
    text = "\n" * 23 + "spec deliver in floor = P[ F (offce & X mail) ]\n"
    start = text.index("offce")
    diagnostic = Diagnostic(
        "E201",
        "unknown proposition `offce`",
        Source("office.spec", text),
        Span(start, start + 5),
        help="did you mean `office`?",
        label="`floor` has: coffee, mail",
    )
    assert render_diagnostic(diagnostic) == (
        "error[E201]: unknown proposition `offce`\n"
        "  --> office.spec:24:31\n"
        "   |\n"
        "24 | spec deliver in floor = P[ F (offce & X mail) ]\n"
        "   |                               ^^^^^ `floor` has: coffee, mail\n"
        "   = help: did you mean `office`?"
    )


def test_wide_characters_tabs_and_long_lines_keep_the_carets_in_place() -> None:
    source = Source("a", "\t漢字 bad" + " " * 300 + "end")
    lines = render_diagnostic(Diagnostic("E106", "m", source, Span(4, 7))).split("\n")
    # The two ideographs take two columns each, so the carets stand two further than the letters.
    assert lines[4].index("^") == lines[3].index("bad") + 2
    assert all(len(line) < 120 for line in lines)
    late = render_diagnostic(Diagnostic("E106", "m", source, Span(307, 310))).split("\n")
    assert late[4].index("^") == late[3].index("end")


def _survives(text: str) -> None:
    source = Source("fuzz", text)
    file, diagnostics = parse(source)
    for found in diagnostics:
        assert found.span is not None
        assert 0 <= found.span.start <= found.span.end <= len(text)
        render_diagnostic(found)
    parse_formula(source)
    parse_expression(source)
    tidy, _ = format_text(source)
    if tidy is not None:
        assert parse(Source("tidy", tidy))[0] == file


_PIECES = [*OFFICE.replace("(", " ( ").replace("]", " ] ").split(" "), "\n", '"', '"""', "}", "{",
           "mdp", "gym", "label", "if", "then", "else", "G", "U", "**", "1e9", "obs[", "\\",
           "\x00", "subject to", "maximise", "policy(", "action =", "LTLf[2](", ")",
           "\ud800", "é"]  # fmt: skip


@settings(max_examples=60, deadline=None)
@given(st.one_of(st.text(max_size=80), st.lists(st.sampled_from(_PIECES)).map(" ".join)))
def test_any_text_gives_diagnostics_only(text: str) -> None:
    _survives(text)


def _mutated(generator: random.Random, text: str) -> str:
    for _ in range(generator.randint(1, 4)):
        at = generator.randrange(len(text))
        end = min(len(text), at + generator.choice([0, 1, 1, 5, 40]))
        text = text[:at] + generator.choice(["", "", *_PIECES]) + text[end:]
    return text


def test_mutated_examples_give_diagnostics_only() -> None:
    generator = random.Random(7)
    for _ in range(40):
        _survives(_mutated(generator, generator.choice(EXAMPLES)))


@pytest.mark.long
def test_many_texts_give_diagnostics_only() -> None:
    generator = random.Random(11)
    for _ in range(1500):
        _survives(_mutated(generator, generator.choice(EXAMPLES)))
        size = generator.randint(0, 300)
        _survives(generator.randbytes(size).decode("utf-8", "replace"))
        _survives(" ".join(generator.choice(_PIECES) for _ in range(size // 5)))


@pytest.mark.long
def test_a_large_file_is_read_in_bounded_memory() -> None:
    import tracemalloc

    rows = "\n".join(f"  s{i}: a -> 1/2 s{i} + 1/2 s{i + 1}" for i in range(90_000))
    text = f"env big = mdp {{\n  initial s0\n{rows}\n}}\n"
    tracemalloc.start()
    file, diagnostics = parse(Source("big", text))
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert not diagnostics
    definition = file.declarations[0].definition
    assert len(definition.transitions) == 90_000
    assert peak < 1_500_000_000
