"""Published models: their config.json as it stands on the hub, and what is known of them.

Each file of `published/` has ``model`` (its name there), ``config`` (as published: flat or nested, with extra and with
missing keys), ``class`` where the published `architectures` names one that is gone, and ``known``, facts of the model:
``cache`` (layers, heads of keys and values, head size), ``vocab``, ``labels``, ``hidden``, ``embeds``, ``tokens``,
``frames``, ``pixels`` (the last sizes of an image), ``features`` (likewise, of a spectrogram), ``image_tokens`` (of one
image) and ``image_token`` (its id). ``by_name`` says, with its reason, where a graph by name differs from a live model.
"""

from __future__ import annotations

import copy
import json
from pathlib import Path
from typing import Any

import pytest

from shapespec import Spec, load_spec

FILES = sorted((Path(__file__).parent / "published").glob("*.json"))
MODELS = {file.stem: json.loads(file.read_text()) for file in FILES}


def spec_of(published: dict[str, Any], config: Any) -> Spec:
    """The spec by name, of a config as JSON or of the class's own."""
    given = published["config"]
    cls = published.get("class", given["architectures"][0])
    return load_spec(given["model_type"], library="transformers", config=config, model_class=cls)


def cache_of(spec: Spec) -> set[tuple[int, int, int]]:
    """(layers, heads, head size) of each layer of the decoder's cache."""
    component = next(name for name in ("model_with_past", "decoder_with_past") if name in spec.components)
    shapes = [
        tensor.shape
        for name, tensor in spec.inputs(component).items()
        if name.startswith("past_key_values") and name.endswith(".key") and ".encoder." not in name
    ]
    return {(len(shapes), int(shape[1] or 0), int(shape[3] or 0)) for shape in shapes}


def facts(spec: Spec, known: dict[str, Any]) -> dict[str, Any]:
    """What the spec says of everything that is known."""
    inputs, outputs = spec.inputs(), spec.outputs()
    found: dict[str, Any] = {}
    for name, truth in known.items():
        if name == "cache":
            caches = cache_of(spec)
            found[name] = list(caches.pop()) if len(caches) == 1 else sorted(caches)
        elif name in ("vocab", "labels"):
            found[name] = outputs["logits"].shape[-1]
        elif name == "logits":
            found[name] = list(outputs["logits"].shape[1:])
        elif name == "hidden":
            found[name] = next(iter(spec.outputs().values())).shape[-1]
        elif name == "embeds":
            found[name] = outputs["image_embeds"].shape[-1]
        elif name == "tokens":
            found[name] = outputs["last_hidden_state"].shape[1]
        elif name == "frames":
            found[name] = next(iter(outputs.values())).shape[1]
        elif name in ("pixels", "features", "values"):
            argument = {"pixels": "pixel_values", "features": "input_features", "values": "input_values"}[name]
            found[name] = list(inputs[argument].shape[-len(truth) :])
        elif name == "patch_features":
            found[name] = inputs["pixel_values"].shape[-1]
        elif name in ("image_token", "image_tokens"):
            placeholder = inputs["input_ids"].values.placeholders[0]  # type: ignore[union-attr]
            found["image_token"] = placeholder.token
            found["image_tokens"] = placeholder.count // placeholder.groups
        else:
            raise AssertionError(f"`{name}` is no fact that is looked at")
    return {name: found[name] for name in known}


@pytest.mark.parametrize("name", MODELS)
def test_what_is_known_of_a_published_model_holds(name: str) -> None:
    published = MODELS[name]
    known = {**published["known"], **published.get("by_name", {}).get("known", {})}
    assert facts(spec_of(published, published["config"]), known) == known


@pytest.mark.models
@pytest.mark.parametrize("name", MODELS)
def test_a_published_config_says_the_same_as_the_class_made_of_it(name: str) -> None:
    auto = pytest.importorskip("transformers.models.auto.configuration_auto")
    published = MODELS[name]
    cls = auto.CONFIG_MAPPING[published["config"]["model_type"]]
    live = cls.from_dict(copy.deepcopy(published["config"]))
    by_name, by_class = spec_of(published, published["config"]), spec_of(published, live)
    assert by_name.sizes == by_class.sizes
    for ours, theirs in zip(by_name.plans, by_class.plans, strict=True):
        assert ours == theirs


#: Models of which the class runs on meta tensors in a moment, at full size: those whose forward looks at no value.
ON_META = (
    "bert-large-cased", "bloom", "falcon-40b", "falcon-7b", "gpt2-xl", "mistral-nemo-base-2407",
    "opt-350m", "phi-2", "qwen3-0.6b", "t5-11b", "vit-large-patch32-384", "whisper-large-v3-turbo",
)  # fmt: skip


@pytest.mark.models
@pytest.mark.parametrize("name", ON_META)
def test_a_published_model_runs_at_full_size(name: str) -> None:
    """On meta tensors, by the spec of its JSON, before and after a cache. A mask's values are looked at, which such
    tensors lack; without one all tokens count."""
    torch = pytest.importorskip("torch")
    transformers = pytest.importorskip("transformers")
    auto = pytest.importorskip("transformers.models.auto.configuration_auto")
    published = MODELS[name]
    spec = spec_of(published, published["config"])
    config = auto.CONFIG_MAPPING[published["config"]["model_type"]].from_dict(copy.deepcopy(published["config"]))
    with torch.device("meta"):
        model = getattr(transformers, spec.model_class or "")(config).eval()
    for component in [one for one in ("model", "model_with_past") if one in spec.components]:
        built = spec.build(component, device="meta")
        with torch.no_grad():
            returned = model(**{argument: value for argument, value in built.items() if "mask" not in argument})
        wanted = spec.outputs(component)["logits"].shape
        assert tuple(returned["logits"].shape) == wanted
