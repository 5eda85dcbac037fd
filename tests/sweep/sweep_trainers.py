"""Functions that sweeps of the tests run in workers, and specs for them."""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import numpy as np

COIN = """\
env coin = mdp { initial s
  s: heads -> t
     tails -> s
  t: heads -> t
  label goal: t }
env trap = mdp { initial s
  s: heads -> s
  label goal: s }
spec soon in coin = E[discounted([goal], 1/2)]
spec ever in coin = P[F goal]
"""
LAKE = """\
env lake = gym "FrozenLake-v1" (is_slippery=false)
spec cross = P[ !hole U goal ]
"""
BROKEN = """\
env e = mdp { initial s
  s: a -> s }
spec lost in e = P[F gaol]
spec fine in e = P[G true]
"""


def draw(spec: Any, seed: int, scale: float = 1.0) -> dict[str, Any]:
    """Numbers from the seed alone, of all kinds."""
    local = np.random.default_rng(seed)
    return {
        "spec": spec.name,
        "own": scale * local.random(),
        "global": random.random() + float(np.random.random()),
        "count": np.int64(seed),
        "curve": np.arange(3.0),
        "nested": {"bad": float("nan"), "good": True},
    }


def fail_on_odd(spec: Any, seed: int) -> dict[str, Any]:
    """Raises for odd seeds."""
    if seed % 2:
        raise ZeroDivisionError(f"seed {seed} is odd")
    return {"seed": seed}


def leave(spec: Any, seed: int) -> dict[str, Any]:
    """Ends its own process as the system does when memory runs out."""
    if seed == 1:
        os.kill(os.getpid(), signal.SIGKILL)
    if seed == 2:
        os._exit(7)
    return {"seed": seed}


def sleep(spec: Any, seed: int, folder: str, seconds: float = 60.0) -> dict[str, Any]:
    """Seed 0 sleeps, and so does a process that it starts; their ids are in the folder."""
    if seed:
        return {"seed": seed}
    child = subprocess.Popen([sys.executable, "-c", f"import time; time.sleep({seconds})"])
    note = Path(folder) / "ids"
    note.with_suffix(".part").write_text(f"{os.getpid()} {child.pid}", encoding="utf-8")
    note.with_suffix(".part").rename(note)
    time.sleep(seconds)
    return {"seed": seed}


def third_time(spec: Any, seed: int, folder: str) -> dict[str, Any]:
    """Raises, then dies, then answers."""
    tries = len(list(Path(folder).iterdir()))
    (Path(folder) / f"try{tries}").touch()
    if tries == 0:
        raise RuntimeError("first")
    if tries == 1:
        os.kill(os.getpid(), signal.SIGKILL)
    return {"tries": tries + 1}


def count_calls(spec: Any, seed: int, folder: str) -> dict[str, Any]:
    """Leaves a file for every call."""
    handle = sum(1 for _ in Path(folder).iterdir())
    (Path(folder) / f"call{handle}-{os.getpid()}-{seed}").touch()
    return {"seed": seed}


def answer_set(spec: Any, seed: int) -> Any:
    """Answers that are no row: seed 0 a list, 1 a set inside, 2 one name twice."""
    return ([1], {"x": {1}}, {"a.b": 1, "a": {"b": 2}}, {"fine": "yes"})[seed]


class _Silent(Exception):
    def __str__(self) -> str:
        raise RuntimeError("no text")


def odd_text(spec: Any, seed: int) -> dict[str, Any]:
    """Texts that UTF-8 has no bytes for, an error without a text, an integer of 5000 digits."""
    if seed == 0:
        return {"\udcff": "\udcff", "inner": [{"\udcff": 1}]}
    if seed == 1:
        raise ValueError("\udcff")
    if seed == 2:
        raise _Silent
    return {"x": 10**5000}


def shout(spec: Any, seed: int) -> dict[str, Any]:
    """Prints, reads, and starts a process that prints."""
    print('{"status": "failed"}')
    subprocess.run([sys.executable, "-c", "print('noise')"], check=True)
    return {"read": sys.stdin.read()}


def hoard(spec: Any, seed: int) -> dict[str, Any]:
    """Wants four gigabytes."""
    return {"size": len(bytearray(1 << 32))}


def end_the_parent(spec: Any, seed: int) -> dict[str, Any]:
    """Seed 0 ends the process that waits for this worker."""
    if seed == 0:
        os.kill(os.getppid(), signal.SIGKILL)
        time.sleep(60)
    return {"seed": seed}


def interrupt(spec: Any, seed: int, at: int) -> dict[str, Any]:
    """Stands for a key that is pressed during one seed."""
    if seed == at:
        raise KeyboardInterrupt
    return {"seed": seed}
