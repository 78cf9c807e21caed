"""Pipelines of sentence-transformers: a model of transformers, with a pooling behind it where it has none itself."""

from __future__ import annotations

import tempfile
from collections.abc import Mapping
from typing import Any

from shapespec.errors import CheckError
from shapespec.libraries.live import Live, classes_of
from shapespec.libraries.making import import_package, laid_over, made

CONTAINERS: dict[str, Any] = {}
OPTIONS: dict[str, Any] = {}

#: A pipeline has a config of its own that another library would recognise.
RANK = 2
PACKAGES = ("sentence-transformers",)


def recognised(model: Any) -> Live | None:
    """See :class:`shapespec.libraries.Library`."""
    if "SentenceTransformer" not in classes_of(model):
        return None
    configs = (getattr(part, "config", None) for part in model.modules())
    inner = next((config for config in configs if hasattr(config, "model_type")), None)
    name = "clip" if getattr(inner, "model_type", None) == "clip" else "transformer"
    return None if inner is None else Live("sentence_transformers", name, classes_of(model), inner)


def configured(config: Any) -> Live | None:
    """See :class:`shapespec.libraries.Library`: a config of its own says nothing without the model."""
    return None


def empty_like(built: Any, model: Any) -> Any:
    """See :class:`shapespec.libraries.Library`: it has no caches of its own."""
    return None


def package() -> Any:
    """See :class:`shapespec.libraries.Library`."""
    return import_package("sentence_transformers")


def import_class(name: str, architecture: str) -> Any:
    """See :class:`shapespec.libraries.Library`: a pipeline is one class, whatever it is put together of."""
    found = getattr(package(), name, None) if name == "SentenceTransformer" else None
    if found is None:
        raise CheckError(f"sentence-transformers has no pipeline `{name}`", argument="heads")
    return found


def make(name: str, architecture: str, tiny: Mapping[str, Any], common: Mapping[str, Any]) -> Any:
    """See :class:`shapespec.libraries.Library`."""
    import_class(name, architecture)
    tiny = laid_over(common, tiny)
    return made(lambda: _pair(tiny) if architecture == "clip" else _text(tiny))


def make_part(name: str, architecture: str, values: Mapping[str, Any]) -> Any:
    """See :class:`shapespec.libraries.Library`."""
    return make(name, architecture, values, {})


def register_containers() -> None:
    """See :class:`shapespec.libraries.Library`: it has none of its own."""


def asked(architecture: str, model: Any) -> tuple[Any, dict[str, Any]]:
    """See :class:`shapespec.libraries.Library`."""
    return architecture, {"library": "sentence_transformers", "config": model.pipeline}


def _text(tiny: Mapping[str, Any]) -> Any:
    from sentence_transformers.sentence_transformer.modules import Pooling
    from transformers import AutoConfig, AutoModel

    model = AutoModel.from_config(AutoConfig.for_model(**tiny))
    return _by_keyword(_pipeline(model, [], lambda body: [Pooling(body.config.hidden_size)]), _features)


def _pair(tiny: Mapping[str, Any]) -> Any:
    from transformers import CLIPConfig, CLIPImageProcessor, CLIPModel

    model = CLIPModel(CLIPConfig(**tiny))
    return _by_keyword(_pipeline(model, [CLIPImageProcessor()], lambda body: []), _both)


def _pipeline(model: Any, processors: list[Any], behind: Any) -> Any:
    """A pipeline around a model with random weights. Its first module is made from a folder alone, so there is one,
    with a tokenizer that knows no word."""
    from sentence_transformers import SentenceTransformer
    from sentence_transformers.base.modules import Transformer
    from tokenizers import Tokenizer, models
    from transformers import PreTrainedTokenizerFast

    words = Tokenizer(models.WordLevel({"[PAD]": 0, "[UNK]": 1}, unk_token="[UNK]"))
    tokenizer = PreTrainedTokenizerFast(tokenizer_object=words, pad_token="[PAD]", unk_token="[UNK]")
    with tempfile.TemporaryDirectory() as folder:
        for part in (model, tokenizer, *processors):
            part.save_pretrained(folder)
        first = Transformer(folder)
    return SentenceTransformer(modules=[first, *behind(model)], device="cpu")


def _features(pipeline: Any, inputs: dict[str, Any]) -> dict[str, Any]:
    found = pipeline(dict(inputs))  # which it changes
    return {key: value for key, value in found.items() if key not in inputs}


def _both(pipeline: Any, inputs: dict[str, Any]) -> dict[str, Any]:
    """A pipeline sees texts or images: one call for each."""
    image = {"pixel_values": inputs["pixel_values"], "modality": "image"}
    text = {key: value for key, value in inputs.items() if key != "pixel_values"}
    return {
        "text_embeds": pipeline(text)["sentence_embedding"],
        "image_embeds": pipeline(image)["sentence_embedding"],
    }


def _by_keyword(pipeline: Any, run: Any) -> Any:
    """The pipeline as a model that takes its inputs by keyword: a pipeline takes one mapping of them."""
    import torch

    class Called(torch.nn.Module):  # type: ignore[misc]
        def __init__(self) -> None:
            super().__init__()
            self.pipeline = pipeline

        def forward(self, **inputs: Any) -> dict[str, Any]:
            found: dict[str, Any] = run(self.pipeline, inputs)
            return found

    return Called()
