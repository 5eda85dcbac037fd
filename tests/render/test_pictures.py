"""Pictures in every format: sound documents, escaped text, the right parts."""

from __future__ import annotations

import re
import sys
from dataclasses import replace
from fractions import Fraction
from itertools import pairwise
from pathlib import Path
from xml.etree import ElementTree

import pytest

from specc.automata.automaton import Automaton, Combination, Cube, Edge, Fin, Inf, Verdict
from specc.diagnostics import MissingExtra, SpecError
from specc.objective import stack
from specc.preorder import derive, load_preorder
from specc.registry import symbols
from specc.render.automaton import automaton_picture, guard_of_cubes
from specc.render.formalism_pages import generated
from specc.render.hasse import hasse
from specc.render.machine import machine_picture
from specc.render.picture import Picture, UnknownFormat, encode, save
from specc.render.product import product_picture

ROOT = Path(__file__).parents[2]
NASTY = [
    '"quoted"',
    "a < b & c > d",
    "</script><script>alert(1)</script>",
    "two\nlines",
    "back\\slash\\",
    "nul\x00 bell\x07 \ud800",
    "]]> --> <!-- ;#quot; `x` *y* |z|",
    "日本語 é",
    "",
]
SVG = "{http://www.w3.org/2000/svg}"


def _texts(svg: str) -> list[str]:
    return ["".join(node.itertext()) for node in ElementTree.fromstring(svg).iter(f"{SVG}text")]


def _example(label: str = "s") -> Picture:
    return product_picture(
        label, [label, "t"], [(0, 1, label, (0, 2)), (1, 0, "back", ()), (1, 1, label, ())], [0]
    )


@pytest.mark.parametrize("label", NASTY)
def test_svg_of_any_label_is_xml_without_markup_from_it(label: str) -> None:
    svg = encode(_example(label), "svg").decode()
    plain = ElementTree.fromstring(encode(_example("s"), "svg"))
    assert {node.tag for node in ElementTree.fromstring(svg).iter()} == {
        node.tag for node in plain.iter()
    }


def test_svg_shows_the_label_itself() -> None:
    assert "a < b & c > d" in _texts(encode(_example("a < b & c > d"), "svg").decode())


@pytest.mark.parametrize("label", NASTY)
def test_html_has_no_script(label: str) -> None:
    page = encode(_example(label), "html").decode()
    assert "<script" not in page
    assert "</script" not in page
    assert page.count("<svg") == page.count("</svg>") == 1


@pytest.mark.parametrize("label", NASTY)
def test_dot_strings_stay_closed(label: str) -> None:
    text = encode(_example(label), "dot").decode()
    bare = re.sub(r'"(?:[^"\\\n]|\\.)*"', "S", text)
    assert '"' not in bare
    assert bare == re.sub(r'"(?:[^"\\\n]|\\.)*"', "S", encode(_example("plain"), "dot").decode())


@pytest.mark.parametrize("label", [label for label in NASTY if label])
def test_mermaid_labels_stay_closed(label: str) -> None:
    text = encode(_example(label), "mmd").decode()
    bare = re.sub(r'"[^"\n]*"', "S", text)
    assert bare == re.sub(r'"[^"\n]*"', "S", encode(_example("plain"), "mmd").decode())
    assert not re.search(r"<(?!br/>)", text)


@pytest.mark.parametrize("ending", ["", "gif", ".txt", "svgz"])
def test_unknown_endings_are_named(ending: str) -> None:
    with pytest.raises(UnknownFormat, match=r"\.svg"):
        encode(_example(), ending)


@pytest.mark.parametrize("ending", ["png", "pdf"])
def test_rasters_need_an_extra(ending: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "cairosvg", None)
    with pytest.raises(MissingExtra, match="cairosvg"):
        encode(_example(), ending)


def test_save_writes_whole_files_only(tmp_path: Path) -> None:
    target = tmp_path / "a.svg"
    save(_example(), target)
    assert target.read_bytes() == encode(_example(), "svg")
    with pytest.raises(UnknownFormat):
        save(_example(), tmp_path / "a.gif")
    broken = Picture("x", svg=lambda: "\ud800", dot=str, mermaid=str)
    with pytest.raises(UnicodeEncodeError):
        save(broken, target)
    assert [path.name for path in tmp_path.iterdir()] == ["a.svg"]


PROVED = "proved: `specc prove` checks it"


def test_hasse_has_a_box_for_each_class_and_a_line_for_each_cover() -> None:
    svg = encode(hasse(load_preorder()), "svg").decode()
    shown = _texts(svg)
    for members in load_preorder().classes:
        assert " = ".join(members) in shown
    assert PROVED in shown
    assert "stated, not yet proved" not in shown
    lines = re.findall(r'<path class="line[^"]*" d="M[\d. ]+C', svg)
    assert len(lines) == len(load_preorder().covers)


def test_hasse_says_where_a_line_is_only_stated() -> None:
    core = load_preorder()
    mostly = [
        replace(lemma, translation=None) if lemma.id == "rm-geq-mr" else lemma
        for lemma in core.lemmas
    ]
    preorder = derive(symbols(), mostly, core.preferred)
    mixed = _texts(encode(hasse(preorder), "svg").decode())
    assert {PROVED, "stated, not yet proved"} <= set(mixed)
    assert encode(hasse(preorder), "dot").decode().count("style=dotted") == 1


def test_hasse_lists_what_has_no_place_yet() -> None:
    core = load_preorder()
    wide = derive((*symbols(), "SUB_H", "LEX"), core.lemmas, core.preferred)
    shown = _texts(encode(hasse(wide), "svg").decode())
    assert "not placed yet: SUB_H, LEX" in shown
    assert "SUB_H" not in shown
    assert not any("not placed" in line for line in _texts(encode(hasse(core), "svg").decode()))
    bare = derive(("MR", "RM"), ())
    assert {"MR", "RM"} <= set(_texts(encode(hasse(bare), "svg").decode()))


def test_hasse_lines_run_through_no_box() -> None:
    svg = ElementTree.fromstring(encode(hasse(load_preorder()), "svg"))
    boxes = [
        tuple(float(node.attrib[key]) for key in ("x", "y", "width", "height"))
        for node in svg.iter(f"{SVG}rect")
    ]
    for path in svg.iter(f"{SVG}path"):
        numbers = [float(number) for number in re.findall(r"-?[\d.]+", path.attrib["d"])]
        points = list(zip(numbers[::2], numbers[1::2], strict=False))
        for start in range(0, len(points) - 3, 3):
            for share in range(1, 40):
                x, y = _bezier(points[start : start + 4], share / 40)
                for left, top, width, height in boxes:
                    inside_x = left + 1 < x < left + width - 1
                    assert not (inside_x and top + 1 < y < top + height - 1)


def _bezier(points: list[tuple[float, float]], share: float) -> tuple[float, float]:
    while len(points) > 1:
        points = [
            (a[0] + share * (b[0] - a[0]), a[1] + share * (b[1] - a[1]))
            for a, b in pairwise(points)
        ]
    return points[0]


def test_highlight_lights_the_up_set() -> None:
    core = load_preorder()
    svg = ElementTree.fromstring(encode(hasse(core, "RM"), "svg"))
    groups = {
        "".join(next(group.iter(f"{SVG}text")).itertext()): group.get("class")
        for group in svg.iter(f"{SVG}g")
    }
    lit = {name.split(" = ")[0] for name, role in groups.items() if role is None}
    assert lit == set(core.above("RM")) & {members[0] for members in core.classes}
    with pytest.raises(KeyError):
        hasse(core, "NOPE")


def test_hasse_texts_have_every_cover() -> None:
    dot = encode(hasse(load_preorder()), "dot").decode()
    for upper, lower in load_preorder().covers:
        assert f'"{lower}" -> "{upper}"' in dot
    mermaid = encode(hasse(load_preorder()), "mmd").decode()
    assert mermaid.count("---") == len(load_preorder().covers)


AUTOMATON = Automaton(
    ("a", "b"),
    0,
    (
        (Edge((Cube(1, 0),), 0, 0b10), Edge((Cube(3, 1),), 1, 0), Edge((Cube(3, 3),), 1, 0)),
        (Edge((Cube(0, 0),), 0, 0b01),),
    ),
    Combination("and", (Fin(0), Inf(1))),
    2,
)


def test_automaton_shows_guards_marks_and_acceptance() -> None:
    svg = encode(automaton_picture(AUTOMATON, "mine"), "svg").decode()
    shown = _texts(svg)
    assert "accepts: Fin(0) & Inf(1)" in shown
    assert {"!a", "a & !b | a & b", "true"} <= set(shown)
    assert svg.count("<circle") == 2
    constant = replace(AUTOMATON, acceptance=Verdict(False))
    assert "accepts no run" in _texts(encode(automaton_picture(constant), "svg").decode())
    assert "{1}" in encode(automaton_picture(AUTOMATON), "dot").decode()


def test_guard_text_means_the_cubes() -> None:
    cubes = (Cube(0b101, 0b001), Cube(0b010, 0b010))
    words = guard_of_cubes(cubes, ("a", "b", "c"))
    assert words == "a & !c | b"
    assert guard_of_cubes((), ("a",)) == "false"
    assert guard_of_cubes((*cubes, Cube(0, 0)), ("a", "b", "c")) == "true"


def test_machine_shows_what_it_pays() -> None:
    coffee, plant = stack.LabelIs("coffee"), stack.LabelIs("plant")
    quiet = stack.AllOf((coffee, stack.Negation(plant)))
    steps = (
        stack.MachineStep(0, quiet, 1, stack.Constant(Fraction(0))),
        stack.MachineStep(0, plant, 2, stack.Constant(Fraction(-1, 2))),
        stack.MachineStep(1, stack.Here("s1"), 2, stack.Indicator(coffee)),
    )
    machine = stack.Machine("run", ("u0", "u1", "done"), steps, frozenset({2}))
    svg = encode(machine_picture(machine), "svg").decode()
    assert {"coffee & !plant", "plant / -0.5", "at(s1) / [coffee]"} <= set(_texts(svg))
    assert svg.count('class="inner"') == 1
    assert "otherwise" not in _texts(svg)
    fallen = replace(machine, otherwise=2)
    assert _texts(encode(machine_picture(fallen), "svg").decode()).count("otherwise") == 2


def test_too_large_a_graph_is_refused_as_svg_but_not_as_dot() -> None:
    chain = [(number, number + 1, "", ()) for number in range(400)]
    picture = product_picture("long", [str(number) for number in range(401)], chain, [0])
    with pytest.raises(SpecError) as caught:
        encode(picture, "svg")
    assert caught.value.diagnostics[0].code == "E903"
    assert encode(picture, "dot").decode().count(" -> ") == 401


def test_edges_outside_the_states_are_refused() -> None:
    with pytest.raises(ValueError, match="leaves"):
        product_picture("x", ["s"], [(0, 1, "", ())], [0])


@pytest.mark.parametrize(("path", "content"), generated().items())
def test_generated_pages_are_current(path: str, content: str) -> None:
    assert (ROOT / path).read_text(encoding="utf-8") == content, (
        "run: python -m specc.render.formalism_pages"
    )


def test_no_generated_page_is_left_over() -> None:
    present = {f"docs/formalisms/{path.name}" for path in (ROOT / "docs/formalisms").iterdir()}
    assert present == {path for path in generated() if path.startswith("docs/formalisms/")}
