"""Specs that the tests of this folder share."""

from __future__ import annotations

from functools import lru_cache

import gymnasium

from specc.emit.model_env import ModelEnv
from specc.model.mdp import Mdp
from specc.resolve.file import Spec, TaskFile, load_text

TEXT = '''
env lake = gym "FrozenLake-v1" (is_slippery=true)
env cliff = gym "CliffWalking-v1"
env taxi = gym "Taxi-v4"
env office = grid {
  map """
    c..o
    .*..
    @..m
  """
  legend { c: coffee  m: mail  o: office  *: plant  @: start }
  actions north south east west
  slip 1/20
}
env calm = grid {
  map """
    c..o
    .*..
    @..m
  """
  legend { c: coffee  m: mail  o: office  *: plant  @: start }
  actions north south east west
}
env toss = mdp {
  initial 1/3 s0 + 2/3 s1
  s0: flip -> 1/2 s0 + 1/3 s1 + 1/6 s2
  s1: flip -> s0
      keep -> s1
  s2: keep -> s2
  label head: s1
  label jump: s1 flip s0
}
machine run {
  states u0 u1
  u0 -> u1   when coffee & !plant
  u1 -> done when office          emit 1
  *  -> fail when plant           emit -1
  final done fail
}
spec reach in lake = P[ !hole U goal ]
spec stay in lake = P[ G !hole ]
spec fail in lake = 1 - P[ F hole ]
spec next in lake = P[ X X X (frozen | goal) ]
spec often in lake = P[ G F goal ]
spec prize in lake = E[ discounted(2*[goal] - [hole] + native/4, 0.99) ]
spec walk in cliff = E[ discounted(native, 0.99) ]
spec falls in cliff = E[ discounted(-[cliff] - 1/10*[from(start)], 0.99) ]
spec fare in taxi = E[ discounted([delivered] - 1/2*[illegal], 0.95) ]
spec deliver in office = E[ discounted(run, 0.99) ]
spec both in office = E[ discounted(run + 1/100*[mail], 0.99) ]
spec patrol in calm = P[ G F coffee & G F mail & G !plant ]
spec settle in calm = P[ F G coffee ]
spec rate in calm = E[ average([coffee] + [mail] - 10*[plant]) ]
spec cover in calm = E[ coverage(horizon=6, radius=0) ]
spec soon in calm = E[ total([coffee], horizon=5) ]
spec near in taxi = E[ total([in_taxi] + native/10, horizon=7) ]
spec paid in lake = E[ total(native - [from(start)], horizon=9) ]
spec coin in toss = P[ G F (head & X !head) ]
spec twice in calm = E[ distinct(coffee | mail, horizon=8) * total([office], horizon=5) ]
spec guarded in calm = E[ (2*sat(F mail) - sat(G !plant)) * total([coffee], horizon=4) ]
spec rise in lake = E[ exp(sup([from(frozen)] + native)) ]
spec ever in lake = E[ inf(native) + sup([from(hole)]) ]
spec spread in toss = E[ sqrt(total([jump], horizon=4)) * sat(LTLf[6](F head)) ]
spec worst in lake = E[ inf([frozen] + 2*[goal] + [start]) ]
spec mixed in lake = P[G F goal] + P[F G frozen]
spec cube in lake = -E[ discounted([hole], 0.9) ]**3
spec power in calm = E[ exp(-total([mail], horizon=5)) ]
spec fair in calm = min(E[ discounted([coffee], 0.9) ], E[ discounted([mail], 0.9) ])
spec soft in calm = E[ discounted([coffee] + 1/10*entropy, 0.9) ]
spec order in calm = lexicographic(P[G !plant], E[ discounted([mail], 0.9) ])
'''

_IDENTIFIERS = {"lake": "FrozenLake-v1", "cliff": "CliffWalking-v1", "taxi": "Taxi-v4"}


@lru_cache
def task() -> TaskFile:
    """The file, resolved once."""
    file = load_text(TEXT)
    assert not file.has_errors, file.diagnostics
    return file


def spec(name: str) -> Spec:
    """One of the specs."""
    return task()[name]


def unlimited(name: str) -> gymnasium.Env:
    """The environment of a spec under a time limit of 60, made as the module makes it."""
    where = spec(name).environment_name
    if where in _IDENTIFIERS:
        return gymnasium.wrappers.TimeLimit(gymnasium.make(_IDENTIFIERS[where]), 60)
    return environment(name)


def environment(name: str, steps: int = 60) -> gymnasium.Env:
    """The environment of a spec, running, with a time limit."""
    where = spec(name).environment_name
    if where in _IDENTIFIERS:
        return gymnasium.make(_IDENTIFIERS[where], max_episode_steps=steps)
    model = spec(name).environment
    assert isinstance(model, Mdp)
    return gymnasium.wrappers.TimeLimit(ModelEnv(model), steps)
