"""Write `reference_values.json`: values by specc's own evaluation, which the kernel must match.

They are stored so that mutants of the kernel can be judged without automata (Spot is slow).
"""

from __future__ import annotations

import json
import random
from fractions import Fraction
from pathlib import Path

from kernel_documents import average, discounted, probability
from kernel_random import (
    mdp_of,
    number_of,
    policy_of,
    random_environment,
    random_formula,
    random_machine,
    random_policy,
    random_signal,
)

from specc.evaluate.evaluation import evaluate_objective
from specc.objective import stack


def main() -> None:
    rng = random.Random(11)
    cases = []
    while len(cases) < 240:
        environment = random_environment(rng, 4)
        policy = random_policy(rng, environment)
        machines = {"m": random_machine(rng, environment)}
        signal = random_signal(rng, environment)
        number = rng.choice(
            [
                probability(random_formula(rng, environment, rng.randint(2, 7))),
                probability(random_formula(rng, environment, rng.randint(2, 7))),
                discounted(signal, rng.choice(["0", "1/2", "9/10"])),
                average(signal),
                {"kind": "total", "signal": signal, "horizon": rng.randint(0, 4)},
            ]
        )
        objective = stack.Scalar(number_of(number, machines))
        mdp = mdp_of(environment)
        value = evaluate_objective("x", objective, mdp, policy_of(mdp, policy)).value
        assert isinstance(value, Fraction)
        if value in (0, 1) and rng.random() < 0.7:
            continue
        cases.append([environment, machines, policy, number, str(value)])
    path = Path(__file__).with_name("reference_values.json")
    path.write_text("[\n" + ",\n".join(json.dumps(case) for case in cases) + "\n]\n")


if __name__ == "__main__":
    main()
