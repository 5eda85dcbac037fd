"""The worker process that translates: one JSON request a line in, one JSON answer a line out.

Run as ``python -m specc.automata.worker``; it ends with its input, with its parent, or when a
request has overrun its time.
"""

from __future__ import annotations

import json
import os
import signal
import sys
from typing import Any

from specc.automata.spot import TooLarge, spot_determinise, spot_translate
from specc.automata.wire import to_wire
from specc.diagnostics import MissingExtra

__all__ = ["main"]

_MEMORY_BYTES = 8 << 30
_PR_SET_PDEATHSIG = 1


def main() -> None:
    """Answer requests until the input ends."""
    _die_with_parent(int(sys.argv[1]))
    _bound_memory()
    # Spot may write to standard output; the answers have a descriptor of their own.
    answers = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)
    for line in sys.stdin:
        request = json.loads(line)
        # The default action of the alarm ends the process even inside Spot's own code, should the
        # parent no longer be there to do so.
        if hasattr(signal, "setitimer"):
            signal.setitimer(signal.ITIMER_REAL, request["seconds"] + 1.0)
        answer = _answer(request)
        if hasattr(signal, "setitimer"):
            signal.setitimer(signal.ITIMER_REAL, 0)
        answers.write(json.dumps(answer) + "\n")
        answers.flush()


def _answer(request: dict[str, Any]) -> dict[str, Any]:
    atoms = tuple(f"p{position}" for position in range(request["atoms"]))
    try:
        if "hoa" in request:
            automaton = spot_determinise(request["hoa"], atoms, request["states"])
        else:
            automaton = spot_translate(
                request["formula"], atoms, request["kind"], request["level"], request["states"]
            )
    except TooLarge:
        return {"error": "too large"}
    except MissingExtra as error:
        return {"error": "missing", "message": str(error)}
    except MemoryError:
        return {"error": "memory"}
    except Exception as error:
        return {"error": "failed", "message": f"{type(error).__name__}: {error}"[:500]}
    return {"automaton": to_wire(automaton)}


def _die_with_parent(parent: int) -> None:
    if sys.platform == "linux":
        import ctypes

        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
    if os.getppid() != parent:
        sys.exit(0)


def _bound_memory() -> None:
    try:
        import resource
    except ImportError:
        return
    _, hard = resource.getrlimit(resource.RLIMIT_AS)
    limit = _MEMORY_BYTES if hard == resource.RLIM_INFINITY else min(hard, _MEMORY_BYTES)
    resource.setrlimit(resource.RLIMIT_AS, (limit, hard))


if __name__ == "__main__":
    main()
