"""Pages of the codes of compiling and wrapping (E8xx)."""

from __future__ import annotations

from specc.codes.code import Code

__all__ = ["CODES"]

CODES = (
    Code(
        "E801",
        "an objective without a reward per step",
        """\
`wrap` and `compile` pay a reward at every step. Some objectives have none: a quantile, the policy's
own probabilities, a lexicographic order. The reward of others, a nonlinear function of several
means (`min(E[..], E[..])`), a tail, constraints, changes between batches: `specc.wrap` pays it, but
files and vector wrappers do not hold it. `specc check` names the training interface that such an
objective has instead, and the message says what to do.
""",
    ),
    Code(
        "E802",
        "a formula or automaton that no reward scheme covers",
        """\
A HOA automaton is trained on through a copy of it for every alternative of its acceptance
condition, in disjunctive form; there may be 32. Parity and Rabin conditions have few.

A function of a formula's verdict, as in `E[2**sat(phi)*discounted(r,
0.9)]`, has a reward only where finite prefixes decide the formula (co-safe or safe).
""",
    ),
    Code(
        "E803",
        "a reward expression that is nested too deeply",
        """\
Rewards become programs for a small stack machine of 64 slots. No reward that a person writes needs
so many; give parts of the expression names and keep sums flat.
""",
    ),
    Code(
        "E804",
        "machines that are too large together",
        """\
A signal that reads several machines runs all of them at once; their joint memory is the product of
their states. Use fewer or smaller machines in one spec.
""",
    ),
    Code(
        "E805",
        "a name that nobody defines for this environment",
        """\
Propositions, action names and named rewards come from the spec's finite environment, from the
`.spec` file, or from Python:

    specc.wrap(env, spec, labels={"goal": lambda obs, action, next_obs, info: next_obs[0] > 0.5})

Where the environment pays several rewards, `native("0")` is the first; `wrap_mo(env, spec,
rewards={"gold": 0})` names it. Mappings from agents to specs name agents that the environment has.
This is checked before the first step.
""",
    ),
    Code(
        "E806",
        "an observation without that component",
        """\
`obs[i]` reads component i, counted from 0, of the flattened observation. Dictionaries and tuples
have no such order: flatten them first (`gymnasium.wrappers.FlattenObservation`).
""",
    ),
    Code(
        "E807",
        "the wrapped environment is not the spec's",
        """\
The spec names a finite environment, and the one that runs did something that its table does not
have. Make it with the arguments that the `.spec` file names, for example
`gymnasium.make("FrozenLake-v1", map_name="8x8")`.
""",
    ),
    Code(
        "E808",
        "an action that the state does not have",
        """\
In a written `mdp` the actions of states may differ. `info["action_mask"]` says which ones the
present state has; choose among these.
""",
    ),
    Code(
        "E809",
        "a reward that is not a finite number",
        """\
A compiled expression gave NaN or an infinite number, or the environment did (its reward, or a
component of the observation that the spec reads): `log(0)`, `1/0`, the root of a negative number,
an overflow. Guard it: `if obs[0] > 0 then log(obs[0]) else 0` reads only the side that
counts.
""",
    ),
    Code(
        "E810",
        "no table of states",
        """\
`coverage`, `distinct` and their kin count states of a finite environment. Wrap the environment that
the spec names: a Gymnasium toy-text environment, or
`specc.emit.model_env.ModelEnv(spec.environment)` for grids, written models and model files.
The targets `gym`, `prism`, `drn` and `json` hold tables over the states, so they need a finite
environment too.
""",
    ),
    Code(
        "E811",
        "epsilon actions without a Discrete action space",
        """\
A formula such as `F G a` has no deterministic Buechi automaton: the policy must say when it commits
itself, by an extra action. Only Discrete action spaces that start at 0 can take one.
""",
    ),
    Code(
        "E812",
        "a target that cannot express the spec",
        """\
`hoa` writes the automaton of one formula, `rm` a reward machine, `gym`, `numba` and `torch` finite
control over tables, `prism` a model with one property. The message says which targets fit. Some
rewards have no finite memory to ask at once: `counterfactual` of a reward over visited sets says
so, and `gains` asks what single states add.
""",
    ),
    Code(
        "E813",
        "no such backend",
        """\
`specc.compile(spec, backend="numba")` and, with the extra `torch`, `backend="torch"` are there.
""",
    ),
    Code(
        "E814",
        "arrays that do not fit the kernel",
        """\
A kernel reads one step of n runs, or n stored runs of T steps: every array has that many rows, and
the type that its documentation names. Numbers must be finite, letter classes and model transitions
must exist, and a transition must leave the state that its run is in. The message names the array,
what it has and what was expected; the state that was passed in is unchanged.
""",
    ),
    Code(
        "E816",
        "a reward scheme that does not fit",
        """\
The probability of a formula can be trained on in several ways: `exact` (co-safe and safe formulas),
`gadget`, `two-discounts`, `average` (in a finite environment). `specc compile --scheme NAME` and
`specc.wrap(env, spec, scheme=NAME)` choose one, and `--zeta` sets the parameter of the two in the
middle, between 0 and 1. Without a choice specc takes `exact` where it fits, else `gadget`. Other
objectives have one reward only.
""",
    ),
    Code(
        "E817",
        "a label that answers neither true nor false",
        """\
A label from Python, `labels={"goal": lambda obs, action, next_obs, info: ...}`, answers one truth
value. A comparison of a whole observation answers an array: pick a component, or use `bool(...)`,
`.all()` or `.any()`. In a vector environment it answers one truth value per environment (E814).
""",
    ),
    Code(
        "E815",
        "a memory that cannot be observed",
        """\
`observe="index"` and its kin show the memory of the reward. Where the reward is the gain of running
numbers (sums, extrema, states visited), their values are numbered by the spec's finite model; an
environment without one, or propositions defined in Python, leave them open. Take `observe="none"`
and add what the learner needs from `info["specc"]["numbers"]`.
""",
    ),
    Code(
        "E821",
        "answers that are no policy",
        """\
`specc.learned_policy(env, choose)` asks `choose` once for all observations that a learner can meet.
It answers one action for each, integers of shape (n,), or probabilities of shape (n, actions). On
the runs of that policy, every action that is taken is one that the state has, and an epsilon action
moves the memory; as a policy's memory moves by no chance, it is taken with chance 0 or 1.
""",
    ),
    Code(
        "E822",
        "wrappers that a policy cannot be read through",
        """\
`specc.learned_policy(env, choose)` makes the observations of every state and memory again. It reads
through wrappers that leave observations alone, and through `gymnasium.ObservationWrapper` and
`gymnasium.ActionWrapper`; frame stacks and clocks depend on the run so far. There must be a
`specc.wrap(..)` inside.
""",
    ),
    Code(
        "E823",
        "a vector environment that resets all or none",
        """\
A reward may end an episode that the environment would go on with: a formula is decided, a machine
is done. `specc.wrap_vector` then resets that environment alone, by `options["reset_mask"]`.
Gymnasium's `SyncVectorEnv` and `AsyncVectorEnv` do so; its own vector of CartPoles
(`gymnasium.make_vec("CartPole-v1", 8)` without a mode) resets all of them. Make the vector with
`vectorization_mode="sync"`.
""",
    ),
)
