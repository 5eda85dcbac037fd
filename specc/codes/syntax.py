"""E1xx: the text cannot be read."""

from __future__ import annotations

from specc.codes.code import Code

__all__ = ["CODES"]

_DEEP = "!" * 250

CODES = (
    Code(
        "E101",
        "a character without meaning",
        "The language uses letters, digits, quotes and the operators of the reference. Anything "
        "else may stand in a comment, in a quoted text, or in a map. A word starts with a letter.",
        "spec x = E[ discounted(native, 0.9) ] $\n",
        "spec x = E[ discounted(native, 0.9) ]\n",
    ),
    Code(
        "E102",
        "a text or a map that is never closed",
        'A quoted text ends with `"` on its own line; a map starts and ends with `"""`.',
        'env lake = gym "FrozenLake-v1\n',
        'env lake = gym "FrozenLake-v1"\n',
    ),
    Code(
        "E103",
        "a bracket that is never closed",
        "Every `(`, `[` and `{` needs its partner before the declaration ends.",
        "spec x = E[ discounted(native, 0.9 ]\n",
        "spec x = E[ discounted(native, 0.9) ]\n",
    ),
    Code(
        "E104",
        "a closing bracket that closes nothing",
        "A `)`, `]` or `}` stands where no such bracket is open.",
        "spec x = E[ discounted(native, 0.9) ]]\n",
        "spec x = E[ discounted(native, 0.9) ]\n",
    ),
    Code(
        "E105",
        "a word that starts no declaration",
        "A file is a list of declarations; each starts with env, prop, reward, machine, policy, "
        "spec or assert. A word that cannot belong to the declaration before it must be one of "
        "these.",
        "rewrad tip = 1\n",
        "reward tip = 1\n",
    ),
    Code(
        "E106",
        "something else was expected here",
        "The marked piece cannot stand here. The message lists what can: a value, an operator, a "
        "bracket, or a word of the language.",
        "spec x = E[ discounted(2 native, 0.9) ]\n",
        "spec x = E[ discounted(2 * native, 0.9) ]\n",
    ),
    Code(
        "E107",
        "a declaration or an entry that ends too early",
        "Something is still to follow. A declaration may go on over several lines; an entry "
        "between braces ends with its line, except within brackets.",
        "reward tip = 1 +\n",
        "reward tip = 1 + 2\n",
    ),
    Code(
        "E108",
        "an operator of another language",
        "Equality is `=`, implication `->`, equivalence `<->`, negation `!` or `not`, conjunction "
        "`&`, disjunction `|`, a power `**`.",
        'prop here = action == "north"\n',
        'prop here = action = "north"\n',
    ),
    Code(
        "E109",
        "an operator of time outside a formula",
        "`F G X U W R M` and their words speak of a whole trajectory; they belong inside "
        "`P[...]`, `sat(...)` and `LTLf[n](...)`. Propositions, guards and conditions between "
        "`[` and `]` speak of one transition. Outside formulas these letters are ordinary names.",
        "prop soon = F goal\n",
        "prop soon = goal\nspec x = P[ F goal ]\n",
    ),
    Code(
        "E110",
        "an expression that nests too deep",
        "Expressions nest at most 200 levels. Long sums, products, conjunctions and disjunctions "
        "are one level, however long; name parts of the rest.",
        f"prop p = {_DEEP}goal\n",
        "prop p = !goal\n",
    ),
    Code(
        "E111",
        "a file that is too large",
        "A `.spec` file has at most 8,000,000 characters and 2,000,000 words and signs. Put a "
        'large model into a file of its own and name it: `env x = file "model.drn"`.',
    ),
    Code(
        "E112",
        "a number that is too long",
        "Numbers are exact, so `1e1000000` would take a million digits. A literal has at most "
        "1000 digits, and its exponent is at most 400 in size.",
        "reward big = 1e1000000\n",
        "reward big = 1e6\n",
    ),
    Code(
        "E113",
        "a legend entry that cannot be read",
        "An entry of a legend is one character, bare or quoted, then `:` and the proposition that "
        "holds in the cells with that character.",
        'env e = grid {\n  map """\n  @g\n  """\n  legend { goal: g }\n  actions east\n}\n',
        'env e = grid {\n  map """\n  @g\n  """\n  legend { g: goal }\n  actions east\n}\n',
    ),
    Code(
        "E114",
        "a body without an entry that it needs",
        "A grid needs `map` and `actions`, an mdp `initial`, a machine `states`.",
        "env e = mdp {\n  s: a -> s\n}\n",
        "env e = mdp {\n  initial s\n  s: a -> s\n}\n",
    ),
    Code(
        "E115",
        "something given twice",
        "An entry of a body, a character of a legend, or an argument has two values.",
        "env e = mdp {\n  initial s\n  initial s\n  s: a -> s\n}\n",
        "env e = mdp {\n  initial s\n  s: a -> s\n}\n",
    ),
    Code(
        "E116",
        "a word that cannot be a name",
        "The words `not and or xor if then else true false` and those that start declarations "
        "belong to the language. In an expression, a proposition may have any name in quotes; "
        "empty names do not exist.",
        "reward not = 1\n",
        "reward negated = 1\n",
    ),
    Code(
        "E118",
        "an index that is no natural number",
        "`obs[i]` is a component of the observation; they are numbered 0, 1, 2, ...",
        "prop high = obs[0.5] >= 1\n",
        "prop high = obs[0] >= 1\n",
    ),
    Code(
        "E119",
        "a fraction with the denominator 0",
        "A probability or an argument written `p/q` needs a `q` other than 0.",
        "env e = mdp {\n  initial 1/0 s\n  s: a -> s\n}\n",
        "env e = mdp {\n  initial 1/1 s\n  s: a -> s\n}\n",
    ),
    Code(
        "E120",
        "a label on neither a state nor a transition",
        "Behind the `:` of a label stand states, or transitions `state action state`, with commas "
        "between them.",
        "env e = mdp {\n  initial s\n  s: a -> t\n  t: a -> s\n  label goal: s t\n}\n",
        "env e = mdp {\n  initial s\n  s: a -> t\n  t: a -> s\n  label goal: s, t\n}\n",
    ),
)
