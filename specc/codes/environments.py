"""Codes of environments, model files and policy files."""

from __future__ import annotations

from specc.codes.code import Code

__all__ = ["CODES"]

CODES = (
    Code(
        "E391",
        "`from` around something that belongs to a transition",
        """\
`from(p)` asks whether p held in the state left. An action, a transition label, `native` and
another `from` belong to a transition, not to a state, so `from(action = a)` says nothing. Write
`from(p) & action = a`, for example.
""",
    ),
    Code(
        "E392",
        "`info` in a finite environment",
        """\
`info.key` is what a running Gymnasium environment reports at a step. A finite environment (a
grid, an `mdp`, a model file, a toy-text table) has no such report, so an objective that reads it
has no value there. Use a label of the environment, or compile the spec for the running
environment.
""",
    ),
    Code(
        "E393",
        "A component of the observation that does not exist",
        """\
`obs[i]` reads component i, counted from 0, of the environment's observation. Grids, written
`mdp`s and DRN files have no observations; toy-text environments have one component, the state's
number.
""",
    ),
    Code(
        "E394",
        "A reward that the environment does not have",
        """\
`native` is the environment's own reward, `native("name")` one of a model file's reward models.
Grids and written `mdp`s have none: declare a `reward`.
""",
    ),
    Code(
        "E395",
        "A function outside its domain",
        """\
A reward divides by zero, or takes the logarithm or the root of a negative number, on some
transition of the environment. `log 0` is -inf and allowed. `if x != 0 then 1/x else 0` reads only
the side that counts.
""",
    ),
    Code(
        "E401",
        "Probabilities do not sum to 1",
        """\
The outcomes of an action, and the initial states, have probabilities that sum to exactly 1.
Numbers are exact rationals: write 1/3, not 0.333.
""",
        """\
env m = mdp {
  initial s0
  s0: a -> 1/2 s0 + 1/3 s1
  s1: a -> s1
}
""",
        """\
env m = mdp {
  initial s0
  s0: a -> 2/3 s0 + 1/3 s1
  s1: a -> s1
}
""",
    ),
    Code(
        "E402",
        "A state has an action twice",
        """\
Every action of a state is written once, with all its outcomes.
""",
        """\
env m = mdp {
  initial s0
  s0: a -> s0
      a -> s1
  s1: a -> s1
}
""",
        """\
env m = mdp {
  initial s0
  s0: a -> s0
      b -> s1
  s1: a -> s1
}
""",
    ),
    Code(
        "E403",
        "An unknown state",
        """\
`initial` and `label` speak of states that have a transition, or that one leads to.
""",
        """\
env m = mdp {
  initial s0
  s0: a -> s1
  s1: a -> s1
  label goal: s2
}
""",
        """\
env m = mdp {
  initial s0
  s0: a -> s1
  s1: a -> s1
  label goal: s1
}
""",
    ),
    Code(
        "E404",
        "A probability that is not positive",
        """\
An outcome that never happens is left out.
""",
        """\
env m = mdp {
  initial s0
  s0: a -> 0 s0 + 1 s1
  s1: a -> s1
}
""",
        """\
env m = mdp {
  initial s0
  s0: a -> s1
  s1: a -> s1
}
""",
    ),
    Code(
        "E405",
        "A label on a transition that does not exist",
        """\
`label jump: s0 a s1` marks the outcome s1 of action a in s0, which must be among the transitions.
""",
        """\
env m = mdp {
  initial s0
  s0: a -> s1
  s1: a -> s1
  label jump: s0 a s0
}
""",
        """\
env m = mdp {
  initial s0
  s0: a -> s1
  s1: a -> s1
  label jump: s0 a s1
}
""",
    ),
    Code(
        "E406",
        "A proposition on both states and transitions",
        """\
A proposition speaks either of states or of transitions. Use two names and join them with `prop`.
""",
        """\
env m = mdp {
  initial s0
  s0: a -> s1
  s1: a -> s1
  label p: s1
  label p: s0 a s1
}
""",
        """\
env m = mdp {
  initial s0
  s0: a -> s1
  s1: a -> s1
  label p: s1
  label q: s0 a s1
}
""",
    ),
    Code(
        "E411",
        "A character of the map that the legend does not explain",
        """\
On a map `.` is a free cell, `#` a wall and `@` the start; every other character needs an entry in
the legend.
""",
        '''\
env g = grid {
  map """
    @..
    ..o
  """
  legend {  }
  actions north south east west
}
''',
        '''\
env g = grid {
  map """
    @..
    ..o
  """
  legend { o: office }
  actions north south east west
}
''',
    ),
    Code(
        "E412",
        "A map without a start",
        """\
A grid starts on the cells marked `@`, or on those whose legend entry is `start`; with several,
each is equally likely.
""",
        '''\
env g = grid {
  map """
    ...
    ..o
  """
  legend { o: office }
  actions north south east west
}
''',
        '''\
env g = grid {
  map """
    @..
    ..o
  """
  legend { o: office }
  actions north south east west
}
''',
    ),
    Code(
        "E413",
        "A ragged map",
        """\
All rows of a map are equally long.
""",
        '''\
env g = grid {
  map """
    @..
    ..o.
  """
  legend { o: office }
  actions north south east west
}
''',
        '''\
env g = grid {
  map """
    @..
    ..o
  """
  legend { o: office }
  actions north south east west
}
''',
    ),
    Code(
        "E414",
        "A slip that is no probability of a side step",
        """\
`slip q` moves to each of the two sides with probability q, and straight on with 1 - 2q; so q lies
between 0 and 1/2.
""",
        '''\
env g = grid {
  map """
    @..
    ..o
  """
  legend { o: office }
  actions north south east west
  slip 3/4
}
''',
        '''\
env g = grid {
  map """
    @..
    ..o
  """
  legend { o: office }
  actions north south east west
  slip 1/4
}
''',
    ),
    Code(
        "E415",
        "The actions of a grid",
        """\
A grid's actions are some of `north south east west stay`, each once, and at least one.
""",
        '''\
env g = grid {
  map """
    @..
    ..o
  """
  legend { o: office }
  actions north up
}
''',
        '''\
env g = grid {
  map """
    @..
    ..o
  """
  legend { o: office }
  actions north south
}
''',
    ),
    Code(
        "E417",
        "An empty map",
        """\
A map has at least one row with at least one cell.
""",
        '''\
env g = grid {
  map """
  """
  actions north
}
''',
        '''\
env g = grid {
  map """
    @..
    ..o
  """
  legend { o: office }
  actions north south east west
}
''',
    ),
    Code(
        "E419",
        "An environment that is too large",
        """\
Maps are read up to 4,000,000 cells, tables of Gymnasium up to 5,000,000 entries, DRN files up to
20,000,000 states and 100,000,000 transitions, JSON files up to 256 MiB. Larger inputs are refused
before they fill the memory.
""",
    ),
    Code(
        "E421",
        "An unknown Gymnasium environment",
        """\
The id is not in Gymnasium's registry. Ids end in a version, as in `FrozenLake-v1`; an id that
names a Python module to import is refused.
""",
        """\
env e = gym "FrozenLke-v1"
""",
        """\
env e = gym "FrozenLake-v1"
""",
    ),
    Code(
        "E422",
        "An argument that the environment does not take",
        """\
Arguments are those of the environment's constructor, with values of its types. `render_mode`
cannot be set, nor `fickle_passenger` of Taxi, which is not in its table of transitions.
""",
        """\
env e = gym "FrozenLake-v1" (slippery=false)
""",
        """\
env e = gym "FrozenLake-v1" (is_slippery=false)
""",
    ),
    Code(
        "E423",
        "A table of transitions that cannot be read",
        """\
A finite Gymnasium environment has `P[state][action]`, a list of (probability, next state, reward,
terminated), and `initial_state_distrib`. This environment's table has another form.
""",
    ),
    Code(
        "E424",
        "A row of floats that is no distribution",
        """\
Gymnasium's probabilities are floats. They are read as the simplest rationals within 1e-9 that sum
to 1; where there are none, the row is no distribution and is refused.
""",
    ),
    Code(
        "E431",
        "A file that cannot be read",
        """\
The path is relative to the folder of the `.spec` file. The file is missing, or may not be read.
""",
        """\
env e = file "no-such-model.drn"
""",
        '''\
env g = grid {
  map """
    @..
    ..o
  """
  legend { o: office }
  actions north south east west
}
''',
    ),
    Code(
        "E432",
        "An unknown kind of model file",
        """\
The ending says the format: `.drn` is Storm's explicit format, `.prism` and `.nm` are PRISM models
(they need the extra `storm`), `.json` is specc's own format.
""",
        """\
env e = file "model.txt"
""",
        '''\
env g = grid {
  map """
    @..
    ..o
  """
  legend { o: office }
  actions north south east west
}
''',
    ),
    Code(
        "E433",
        "A malformed model file",
        """\
The file does not follow its format; the message names the line or the key, what was expected and
what was there. Example: `state 3` where the DRN file's next state is 2.
""",
    ),
    Code(
        "E434",
        "A model of another type",
        """\
specc reads Markov decision processes and discrete-time Markov chains with plain numbers: no
continuous time, no partial observation, no parameters, no intervals.
""",
    ),
    Code(
        "E435",
        "Probabilities in a model file do not sum to 1",
        """\
Rationals must sum to exactly 1; decimals are read as the simplest rationals within 1e-9 that do.
""",
    ),
    Code(
        "E436",
        "The constants of a model file",
        """\
`file "m.prism" (K=3)` sets the undefined constants of a PRISM model: all of them, and no others.
Other formats have none.
""",
    ),
    Code(
        "E441",
        "A malformed policy file",
        """\
A policy file is `{"choices": {state: {action: "p/q"}}}`, or with a memory `{"memory": {"initial":
.., "update": ..}, "choices": {memory: {state: {action: "p/q"}}}}`.
""",
    ),
    Code(
        "E442",
        "A policy that does not fit the environment",
        """\
The file names a state, an action or a memory that does not exist, or leaves out a state: a
stationary policy has a choice everywhere, a policy with memory wherever a run can get.
""",
    ),
    Code(
        "E443",
        "A policy's probabilities do not sum to 1",
        """\
In every state the probabilities of the actions sum to exactly 1; actions left out have
probability 0. Write "1/3", not 0.333.
""",
    ),
    Code(
        "N421",
        "Floats were read as rationals",
        """\
specc computes with exact rationals. Gymnasium's tables and many model files have floats; each row
is read as the simplest rationals within 1e-9 that sum to 1, so that 0.33333333333333337 becomes
1/3.
""",
        """\
env e = gym "FrozenLake-v1"
""",
        """\
env e = gym "FrozenLake-v1" (is_slippery=false)
""",
    ),
    Code(
        "N422",
        "Several initial states",
        """\
A DRN file marks several states `init`. Storm answers for each; specc needs one start and reads it
as uniform among them.
""",
    ),
    Code(
        "W401",
        "A state without an action",
        """\
Runs never end, so a state without an action gets one self-loop.
""",
        """\
env m = mdp {
  initial s0
  s0: a -> s1
}
""",
        """\
env m = mdp {
  initial s0
  s0: a -> s1
  s1: a -> s1
}
""",
    ),
)
