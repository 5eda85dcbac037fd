"""Reward machines: a Markov reward with finite memory.

A finite automaton reads the transitions and pays a number on each step of its own. So "one for
the office, but only after coffee" is a machine with two states. On the product of environment and
machine it is an ordinary Markov reward, and every method for those applies.

Finite memory with discounting stays continuous: what happens late weighs little. That is why a
reward machine cannot say "reach the goal some day", which jumps as soon as the goal has any
chance at all.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from specc.registry import Formalism, Member, Rule

if TYPE_CHECKING:
    from specc.resolve.file import Spec
    from specc.translate.forms import Form

__all__ = ["FORMALISM"]

_EXAMPLE = """env hall = mdp {
  initial start
  start: left -> mug
         right -> 9/10 desk + 1/10 mug
  mug: left -> mug
       right -> start
  desk: left -> start
        right -> desk
  label coffee: mug
  label office: desk
}

machine errand {
  states empty_handed carrying
  empty_handed -> carrying when coffee
  carrying -> empty_handed when office emit 1
}

spec deliver in hall : RM = E[ discounted(errand, 0.9) ]
"""

_NONE: frozenset[int] = frozenset()


def _one_state_machine(spec: Spec) -> Form:
    """Each reward becomes the output of a machine with one state."""
    from specc.objective import stack
    from specc.translate.forms import Written
    from specc.translate.rewrite import with_signals
    from specc.written.file import fresh_name

    machines: dict[stack.Number, stack.MachineOutput] = {}

    def machine(signal: stack.Number) -> stack.Number:
        if signal not in machines:
            name = fresh_name(spec, f"pay{len(machines) + 1}" if machines else "pay")
            step = stack.MachineStep(0, stack.Truth(True), 0, signal)
            machines[signal] = stack.MachineOutput(stack.Machine(name, ("only",), (step,), _NONE))
        return machines[signal]

    return Written(with_signals(spec.objective, machine))


FORMALISM = Formalism(
    members=(
        Member(
            symbol="RM",
            name="reward machines",
            definition=(
                "E[sum over t of gamma^t r_t], r_t put out by a finite machine that reads the "
                "transitions"
            ),
            free_layer="machine",
            position=3,
        ),
    ),
    teaching=__doc__ or "",
    invariant=(
        "The value is continuous in the policy and linear in the lottery; along a loop a^n the "
        "coefficients are gamma^n times an eventually periodic sequence."
    ),
    beware="",
    source=(
        "Subramani, Williams, Heitmann, Holm, Griffin, Skalse (ICLR 2024, arXiv 2310.11840), "
        "section 2; Toro Icarte, Klassen, Valenzano, McIlraith (ICML 2018)"
    ),
    example=_EXAMPLE,
    translations=(Rule("one-state-machine", "RM", "MR", _one_state_machine),),
)
