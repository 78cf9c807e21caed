"""Every tensor argument of forward is declared, or named with the reason why nobody feeds it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from shapespec import load_spec
from shapespec.checking.arguments import Arguments, arguments_of, undeclared_share
from shapespec.checking.forward import forward_fault
from shapespec.checking.heads import live_spec, named_spec, tiny_head, tiny_values
from shapespec.checking.run import check_architecture
from shapespec.checking.sweep import Pair, registry_pairs
from shapespec.libraries import library
from shapespec.libraries.signatures import tensor_arguments

#: The share of arguments of which no file speaks. It only ever falls, and is nothing.
MOST_UNDECLARED = 0.0


class Toy:
    def forward(
        self,
        plain,  # type: ignore[no-untyped-def]
        ids: "torch.LongTensor",  # type: ignore[name-defined]  # noqa: F821, UP037
        past: "Cache | None" = None,  # type: ignore[name-defined]  # noqa: F821, UP037
        states: "tuple[torch.Tensor] | None" = None,  # type: ignore[name-defined]  # noqa: F821, UP037
        outputs: "BaseModelOutput | None" = None,  # type: ignore[name-defined]  # noqa: F821, UP037
        use_cache: bool | None = None,
        **kwargs: Any,
    ) -> None: ...


def test_tensor_arguments_are_told_by_their_annotations() -> None:
    assert tensor_arguments(Toy) == ("plain", "ids", "past", "states", "outputs")


def test_a_share_is_that_of_all_arguments() -> None:
    found = [Arguments(("a", "b"), ("c",), ()), Arguments((), (), ("d",))]
    assert undeclared_share(found) == 0.25 and undeclared_share([]) == 0.0


@pytest.mark.models
def test_a_class_tells_what_its_file_says() -> None:
    pytest.importorskip("transformers")
    found = arguments_of("bert", "BertForMaskedLM", "transformers")
    assert found is not None and found.undeclared == () and "encoder_hidden_states" in found.declared
    decoder = arguments_of("llama", "LlamaForCausalLM", "transformers")
    assert decoder is not None and decoder.unfed == ("logits_to_keep",) and "inputs_embeds" in decoder.declared


@pytest.mark.models
def test_check_notices_an_optional_input_that_is_dropped(tmp_path: Path) -> None:
    """The class makes types of zeros itself, so that no run tells."""
    pytest.importorskip("transformers")

    def failed(text: str) -> list[tuple[str, str | None]]:
        (tmp_path / "bert.yaml").write_text(f"architecture: bert\n{text}")
        results = check_architecture("bert", model_class="BertModel", paths=[tmp_path])
        ((told,),) = [[one.found["unfed"]] for one in results if one.proof == "arguments"]
        assert "past_key_values" in told
        return [(one.proof, one.reason) for one in results if one.outcome == "failed"]

    assert failed("") == []
    dropped = "components: {model: {inputs: {token_type_ids: null}}}\n"
    fault = "forward takes `token_type_ids`: neither an input, nor on request, nor `unfed`"
    assert failed(dropped) == [("arguments", fault)]
    assert failed(f"{dropped}unfed: {{token_type_ids: There is one sentence.}}\n") == []


@pytest.mark.models
def test_few_arguments_are_undeclared() -> None:
    pytest.importorskip("transformers")
    found = {pair.key: _arguments(pair) for pair in registry_pairs() if pair.model_class is not None}
    known = {key: one for key, one in found.items() if one is not None}
    assert len(known) > 1_700
    share = undeclared_share(known.values())
    undeclared = [f"{key}: {', '.join(one.undeclared)}" for key, one in known.items() if one.undeclared]
    assert share <= MOST_UNDECLARED, f"{share:.4f}\n" + "\n".join(undeclared)


def _arguments(pair: Pair) -> Arguments | None:
    name = pair.served_by or pair.architecture
    return arguments_of(name, str(pair.model_class), pair.library, pair.paths, pair.searched)


@pytest.mark.parametrize("group", ["inputs_embeds", "encoder_outputs"])
def test_what_stands_for_ids_brings_the_decoders_own(group: str) -> None:
    """By name a question's ids are moved on for the decoder; of what stands in their place the class can't make ids."""
    plain = [name for name, _ in load_spec("bart", task="question-answering").plan("model").arguments]
    asked = [name for name, _ in load_spec("bart", task="question-answering", include=[group]).plan("model").arguments]
    assert "decoder_input_ids" not in plain
    assert "decoder_input_ids" in asked and "input_ids" not in asked


@pytest.mark.models
@pytest.mark.parametrize(
    ("name", "model_class", "config", "include", "arguments"),
    [
        (
            "bert",
            "BertLMHeadModel",
            {"is_decoder": True, "add_cross_attention": True},
            ("encoder_outputs",),
            {"encoder_hidden_states", "encoder_attention_mask"},
        ),
        (
            "roberta",
            "RobertaForCausalLM",
            {"is_decoder": True, "add_cross_attention": True},
            ("encoder_outputs",),
            {"encoder_hidden_states", "encoder_attention_mask"},
        ),
        ("ernie", "ErnieModel", {"use_task_id": True}, ("task_type_ids",), {"task_type_ids"}),
    ],
)
def test_what_a_config_switches_on_runs(
    name: str, model_class: str, config: dict[str, Any], include: tuple[str, ...], arguments: set[str]
) -> None:
    pytest.importorskip("transformers")
    head, plain = tiny_head(name, model_class)
    own, common = tiny_values(named_spec(head))
    model = library(head.library).make(model_class, name, {**own, **config}, common)
    assert not arguments & {argument for argument, _ in live_spec(head, plain).plan("model").arguments}
    spec = live_spec(head, model, include=include)
    plan = spec.plan("model")
    assert arguments <= {argument for argument, _ in plan.arguments}
    assert forward_fault(spec, plan, model) is None
