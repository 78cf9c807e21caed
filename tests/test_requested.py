"""The proof of requests: what a call may ask for is run as well, each request alone."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import Any

import pytest

from shapespec import Spec, load_spec
from shapespec.checking.requested import Fault, Requests
from shapespec.plan import ComponentPlan

TOY = """architecture: toy
inputs:
  ids: {role: tokens, shape: [2, 4], dtype: int, values: {integers: [0, 9], pad: 0, mask: seen}}
  seen: {role: mask, shape: [2, 4], dtype: int, values: {mask: right}}
  embeds: {include: embeds, instead_of: ids, shape: [2, 4, 8]}
  clip: {include: [videos, grid], shape: [2, 3]}
  grid: {include: [videos, clip], shape: [2, 3]}
  shy: {include: shy, when: '"shy" not in include', shape: [2]}
  late: {include: late, phase: decode, shape: [2]}
components:
  model: {inputs: [ids, seen, embeds, clip, grid]}
  tower: {inputs: [clip]}
"""


def requests(folder: Path, text: str, fault: Fault) -> Requests:
    (folder / "toy.yaml").write_text(text)
    ask = partial(load_spec, "toy", paths=[folder])
    return Requests(ask(), ask, fault)


def test_each_request_is_run_once_by_all_its_names(tmp_path: Path) -> None:
    seen: list[list[str]] = []

    def fault(spec: Spec, plan: ComponentPlan, proven: frozenset[str]) -> None:
        seen.append([argument for argument, _ in plan.arguments])

    told: dict[str, Any] = {}
    toy = requests(tmp_path, TOY, fault)
    assert toy.run("model", told) is None
    assert told == {"requested": ["include=embeds", "include=videos", "padding=left"]}
    assert seen == [["seen", "embeds"], ["ids", "seen", "clip", "grid"], ["ids", "seen"]]
    assert toy.run("tower", told := {}) is None and told == {"requested": ["include=videos"]}


def test_an_input_that_can_not_come_alone_is_told(tmp_path: Path) -> None:
    text = TOY.replace("[videos, clip]", "videos").replace("[videos, grid]", "videos")

    def fault(spec: Spec, plan: ComponentPlan, proven: frozenset[str]) -> str | None:
        there = {argument for argument, _ in plan.arguments}
        return "half a video" if len(there & {"clip", "grid"}) == 1 else None

    reason = requests(tmp_path, text, fault).run("model", {})
    assert reason == "include=clip: half a video; include=grid: half a video"


def test_what_a_group_has_proven_holds_for_its_inputs_alone(tmp_path: Path) -> None:
    text = TOY.replace("[videos, clip]", "videos").replace("[videos, grid]", "videos")
    found: list[tuple[list[str], list[str]]] = []

    def fault(spec: Spec, plan: ComponentPlan, proven: frozenset[str]) -> str | None:
        asked = [argument for argument, _ in plan.arguments if argument in ("clip", "grid")]
        found.append((asked, sorted(proven & {"clip", "grid"})))
        return fails if len(asked) == 2 else None

    fails: str | None = None
    assert requests(tmp_path, text, fault).run("model", {}) is None
    assert [one for one in found if one[0]] == [(["clip", "grid"], []), (["clip"], ["clip"]), (["grid"], ["grid"])]

    found.clear()
    fails = "the group fails, and has proven nothing"
    assert requests(tmp_path, text, fault).run("model", {}) == f"include=videos: {fails}"
    assert [one for one in found if one[0]] == [(["clip", "grid"], []), (["clip"], []), (["grid"], [])]


def test_what_fails_is_told_by_its_request(tmp_path: Path) -> None:
    def fault(spec: Spec, plan: ComponentPlan, proven: frozenset[str]) -> str | None:
        raise RuntimeError("the class\n does not run") if spec.inputs()["seen"].values.mask == "left" else ValueError  # type: ignore[union-attr]

    reason = requests(tmp_path, TOY.split("  embeds")[0] + "components: {model: {inputs: [ids, seen]}}\n", fault)
    assert reason.run("model", {}) == "padding=left: RuntimeError: the class does not run"


def test_what_is_asked_for_by_name_must_be_there(tmp_path: Path) -> None:
    text = TOY.replace("clip, grid]}\n  tower", "shy]}\n  tower")
    reason = requests(tmp_path, text, lambda spec, plan, proven: None).run("model", {})
    assert reason is not None and reason.startswith("include=shy: ")


@pytest.mark.models
def test_a_real_class_is_run_with_what_may_be_asked_for(tmp_path: Path) -> None:
    pytest.importorskip("transformers")
    from shapespec.checking.run import check_architecture

    text = "architecture: bert\ninputs: {position_ids: {shape: [batch_size, sequence_length + 1]}}\n"
    (tmp_path / "bert.yaml").write_text(text)
    for paths, failed in (((), []), ((tmp_path / "bert.yaml",), ["include=positions"])):
        found = check_architecture("bert", model_class="BertModel", paths=paths)
        [proof] = [one for one in found if one.proof == "requested"]
        assert [word for word in failed if word not in (proof.reason or "")] == []
        assert bool(failed) == (proof.reason is not None)
        assert proof.found["requested"][-1] == "padding=left"
