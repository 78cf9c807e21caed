"""What a live model says of itself: its library, classes and config. Told by its looks: no library is imported."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Live:
    """A live model. ``name`` is its architecture's, or None where only its class tells; ``classes`` are its own and
    those that it is derived from."""

    library: str
    name: str | None
    classes: tuple[str, ...]
    config: Any


def _classes(model: Any) -> tuple[str, ...]:
    return tuple(cls.__name__ for cls in type(model).__mro__)


def _of_transformers(model: Any) -> Live | None:
    config = getattr(model, "config", None)
    if config is None or not hasattr(config, "model_type"):
        return None
    return Live("transformers", config.model_type, _classes(model), config)


def _of_diffusers(model: Any) -> Live | None:
    config = getattr(model, "config", None)
    if not isinstance(config, Mapping) or not hasattr(model, "register_to_config"):
        return None
    return Live("diffusers", None, _classes(model), dict(config))


def _of_timm(model: Any) -> Live | None:
    config = getattr(model, "pretrained_cfg", None)
    if not isinstance(config, Mapping):
        return None
    classes = getattr(model, "num_classes", None)
    own = {} if classes is None else {"num_classes": classes}
    return Live("timm", "default-timm-config", (), {**config, **own})


def _of_sentence_transformers(model: Any) -> Live | None:
    if "SentenceTransformer" not in _classes(model):
        return None
    configs = (getattr(part, "config", None) for part in model.modules())
    inner = next((config for config in configs if hasattr(config, "model_type")), None)
    name = "clip" if getattr(inner, "model_type", None) == "clip" else "transformer"
    return None if inner is None else Live("sentence_transformers", name, _classes(model), inner)


#: By library, in the order in which they are asked: a pipeline of sentence-transformers may have a `config` of its own.
_KINDS: dict[str, Callable[[Any], Live | None]] = {
    "sentence_transformers": _of_sentence_transformers,
    "transformers": _of_transformers,
    "diffusers": _of_diffusers,
    "timm": _of_timm,
}


def live_model(value: Any) -> Live | None:
    """What a model says of itself; None for what is no model of a library that is known here."""
    if isinstance(value, (str, Mapping, type)) or not hasattr(value, "forward"):
        return None
    return next((found for told in _KINDS.values() if (found := told(value)) is not None), None)
