"""Pipelines of sentence-transformers: a model of transformers, with a pooling behind it where it has none itself."""

from __future__ import annotations

import tempfile
from collections.abc import Mapping
from typing import Any

from shapespec.checking.models import import_package, made

__all__ = ["asked", "make", "package"]


def package() -> Any:
    """See :class:`shapespec.checking.libraries.Library`."""
    return import_package("sentence_transformers")


def make(name: str, architecture: str, tiny: Mapping[str, Any]) -> Any:
    """See :class:`shapespec.checking.libraries.Library`."""
    package()
    return made(lambda: _pair(tiny) if architecture == "clip" else _text(tiny))


def asked(architecture: str, model: Any) -> tuple[Any, dict[str, Any]]:
    """See :class:`shapespec.checking.libraries.Library`."""
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
