"""Policy files: round trips and mistakes."""

from __future__ import annotations

import json
from fractions import Fraction
from pathlib import Path

import pytest
from readings import LoadMdp

from specc.diagnostics import SpecError
from specc.model.policy import MemoryPolicy, Policy
from specc.model.policy_file import policy_text, read_policy

_TEXT = "mdp { initial s0\n s0: a -> s1\n b -> s0\n s1: a -> s0 }"
_S1 = {"s1": {"a": "1"}}


def test_stationary(load_mdp: LoadMdp, tmp_path: Path) -> None:
    mdp = load_mdp(_TEXT)
    path = tmp_path / "P.json"
    policy = Policy((Fraction(1, 3), Fraction(2, 3), Fraction(1)))
    path.write_text(policy_text(policy, mdp))
    found = read_policy(path, mdp)
    assert isinstance(found, Policy)
    assert found.probabilities == policy.probabilities


def test_memory(load_mdp: LoadMdp, tmp_path: Path) -> None:
    mdp = load_mdp(_TEXT)
    path = tmp_path / "P.json"
    choices = {"m": {"s0": {"a": "1"}}, "n": {"s0": {"b": 1}, **_S1}}
    update = {"m": {"s0": {"a": {"s1": "n"}}}}
    document = {"memory": {"initial": "m", "update": update}, "choices": choices}
    path.write_text(json.dumps(document))
    policy = read_policy(path, mdp)
    assert isinstance(policy, MemoryPolicy)
    policy.validate(mdp)
    assert policy.update.tolist() == [[1, 0, 0], [1, 1, 1]]
    path.write_text(policy_text(policy, mdp))
    again = read_policy(path, mdp)
    assert isinstance(again, MemoryPolicy)
    assert again.update.tolist() == policy.update.tolist()
    assert (again.initial, again.probabilities) == (policy.initial, policy.probabilities)


@pytest.mark.parametrize(
    ("document", "code"),
    [
        ({"choices": {"s0": {"a": "1/2"}, **_S1}}, "E443"),
        ({"choices": {"s0": {"a": "2", "b": "-1"}, **_S1}}, "E443"),
        ({"choices": _S1}, "E442"),
        ({"choices": {"s9": {"a": "1"}}}, "E442"),
        ({"choices": {"s0": {"c": "1"}}}, "E442"),
        ({"choice": {}}, "E441"),
        ({"memory": {"initial": "x"}, "choices": {"m": {"s0": {"a": 1}, **_S1}}}, "E442"),
        ({"memory": {"initial": "m"}, "choices": {"m": {"s0": {"a": 1}}}}, "E442"),
        ([], "E441"),
    ],
)
def test_mistakes(document: object, code: str, load_mdp: LoadMdp, tmp_path: Path) -> None:
    path = tmp_path / "P.json"
    path.write_text(json.dumps(document))
    with pytest.raises(SpecError) as caught:
        read_policy(path, load_mdp(_TEXT))
    assert [d.code for d in caught.value.diagnostics] == [code]
