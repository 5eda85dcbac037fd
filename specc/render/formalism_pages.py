"""The pages of the site about formalisms, made from the registry and the derived preorder.

``python -m specc.render.formalism_pages DIRECTORY`` writes them under a repository's root.
"""

from __future__ import annotations

import sys
from collections import Counter
from pathlib import Path

from specc.lemma import Lemma
from specc.preorder import Preorder, load_preorder
from specc.registry import Formalism, all_formalisms, formalism, formalisms
from specc.render.hasse import hasse

__all__ = ["generated"]

_NOTICE = "<!-- Generated from formalisms/ and proofs/ by specc.render.formalism_pages. -->"


def generated() -> dict[str, str]:
    """The text of every generated file, by its path from the repository's root."""
    core, wide = load_preorder(), load_preorder(extensions=True)
    pages = {
        "docs/hasse.svg": hasse(core).svg(),
        "docs/formalisms/index.md": _index(core),
    }
    for family in all_formalisms():
        preorder = wide if family.extension else core
        pages[f"docs/formalisms/{_file(family)}"] = _page(family, preorder)
    return pages


def _file(family: Formalism) -> str:
    return f"{family.symbol.lower().replace('_', '-')}.md"


def _link(symbol: str) -> str:
    family = formalism(symbol)
    return f"[{symbol}]({_file(family)})"


def _cell(text: str) -> str:
    return " ".join(text.split()).replace("|", "\\|")


def _index(preorder: Preorder) -> str:
    rows = ["| class | name | value or order | free layer |", "|---|---|---|---|"]
    extra = ["| symbol | name | value or order | free layer |", "|---|---|---|---|"]
    for family in all_formalisms():
        for member in family.members:
            link = f"[{member.symbol}]({_file(family)})"
            cells = (link, member.name, member.definition, member.free_layer)
            (extra if family.extension else rows).append(
                "| " + " | ".join(_cell(cell) for cell in cells) + " |"
            )
    count = len(preorder.formalisms)
    holds = sum(len(preorder.below(symbol)) for symbol in preorder.formalisms)
    summary = (
        f"{count} formalisms fall into {len(preorder.classes)} classes. Of the {count * count} "
        f"pairs {holds} hold: every order that the lower formalism can induce on the policies of "
        "an environment, the upper one can induce as well."
    )
    parts = [
        _NOTICE,
        "# Formalisms",
        summary,
        "![The Hasse diagram of the formalisms](../hasse.svg)",
        *_trust(preorder),
        "\n".join(rows),
        "## Extensions",
        "Formalisms beyond the seventeen. Where they stand is open unless their page says so.",
        "\n".join(extra),
    ]
    return "\n\n".join(parts) + "\n"


def _trust(preorder: Preorder) -> list[str]:
    """How far the relations on a page are proved."""
    stated = [f"`{lemma.id}`" for lemma in preorder.lemmas if not lemma.has_proof]
    counts = Counter(lemma.kind for lemma in preorder.lemmas if lemma.has_proof)
    text = (
        f"`specc prove` checks the lemmas behind the preorder: {counts['negative']} negative ones "
        "have certificates that the proof kernel accepts; "
        f"{counts['positive']} positive ones have [written proofs](../proofs/README.md) and "
        "translations, tried exactly on stored instances."
    )
    if stated:
        text += f" Only *stated*, not yet proved: {', '.join(stated)}."
    return [f"{text} A relation is as good as the weakest lemma that it rests on."]


def _page(family: Formalism, preorder: Preorder) -> str:
    headline, _, teaching = family.teaching.strip().partition("\n\n")
    symbols = " = ".join(member.symbol for member in family.members)
    parts = [
        _NOTICE,
        f"# {symbols}",
        f"**{' '.join(headline.split())}**",
        teaching,
        "## Definition",
    ]
    parts += [
        f"**{member.symbol}**, {member.name}: `{member.definition}`. "
        f"Free layer: {member.free_layer}."
        for member in family.members
    ]
    parts += ["## Invariant", family.invariant]
    if family.beware:
        parts.append(f"Beware: {family.beware}")
    parts += ["## Example", f"```\n{family.example.strip()}\n```"]
    parts += ["## Place", *_place(family, preorder)]
    parts += ["## Source", f"{family.source}."]
    return "\n\n".join(parts) + "\n"


def _place(family: Formalism, preorder: Preorder) -> list[str]:
    symbol = family.symbol
    known = [
        other
        for other in preorder.formalisms
        if other != symbol
        and (preorder.geq(symbol, other) is not None or preorder.geq(other, symbol) is not None)
    ]
    if not known:
        return ["Open: no lemma relates it to another formalism yet."]
    above = [_link(upper) for upper, lower in preorder.covers if lower == symbol]
    below = [_link(lower) for upper, lower in preorder.covers if upper == symbol]
    parts = []
    if above:
        parts.append(f"Directly above: {', '.join(above)}.")
    if below:
        parts.append(f"Directly below: {', '.join(below)}.")
    return [*parts, _relations(family, preorder), *_trust(preorder)]


def _relations(family: Formalism, preorder: Preorder) -> str:
    """One row for each other class: both directions, and the lemmas that decide them."""
    symbol = family.symbol
    lemmas = {lemma.id: lemma for lemma in preorder.lemmas}
    rows = [
        f"| other | {symbol} ≥ other | other ≥ {symbol} | rests on |",
        "|---|---|---|---|",
    ]
    for other in formalisms():
        if other.symbol == symbol:
            continue
        answers = []
        chain: dict[str, None] = {}
        for upper, lower in ((symbol, other.symbol), (other.symbol, symbol)):
            answers.append({True: "yes", False: "no", None: "open"}[preorder.geq(upper, lower)])
            chain.update(dict.fromkeys(preorder.rests_on(upper, lower)))
        grounds = ", ".join(_lemma(lemmas[name]) for name in chain)
        rows.append(f"| {_link(other.symbol)} | {answers[0]} | {answers[1]} | {grounds} |")
    return "\n".join(rows)


def _lemma(lemma: Lemma) -> str:
    witness = f" ({lemma.witness.name})" if lemma.witness else ""
    return f"`{lemma.id}`{witness}"


def _write(root: Path) -> None:
    for path, content in generated().items():
        target = root / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(content, encoding="utf-8")


if __name__ == "__main__":
    _write(Path(sys.argv[1] if len(sys.argv) > 1 else "."))
