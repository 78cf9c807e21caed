"""Models of timm: what `heads:` names are its models, not its classes."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from shapespec.errors import CheckError
from shapespec.libraries.live import Live
from shapespec.libraries.making import import_package, laid_over, made

CONTAINERS: dict[str, Any] = {}
OPTIONS: dict[str, Any] = {}
RANK = 0
PACKAGES = ("torchvision", "timm")


def recognised(model: Any) -> Live | None:
    """See :class:`shapespec.libraries.Library`."""
    config = getattr(model, "pretrained_cfg", None)
    if not isinstance(config, Mapping):
        return None
    classes = getattr(model, "num_classes", None)
    own = {} if classes is None else {"num_classes": classes}
    return Live("timm", "default-timm-config", (), {**config, **own})


def configured(config: Any) -> Live | None:
    """See :class:`shapespec.libraries.Library`: a config of its own says nothing without the model."""
    return None


def empty_like(built: Any, model: Any) -> Any:
    """See :class:`shapespec.libraries.Library`: it has no caches of its own."""
    return None


def package() -> Any:
    """See :class:`shapespec.libraries.Library`."""
    return import_package("timm")


def import_class(name: str, architecture: str) -> Any:
    """See :class:`shapespec.libraries.Library`: the function that makes the model."""
    timm = package()
    if not timm.is_model(name):
        raise CheckError(f"timm {timm.__version__} has no model `{name}`", argument="heads")
    return timm.model_entrypoint(name)


def make(name: str, architecture: str, tiny: Mapping[str, Any], common: Mapping[str, Any]) -> Any:
    """See :class:`shapespec.libraries.Library`."""
    import_class(name, architecture)
    return made(lambda: package().create_model(name, pretrained=False, **laid_over(common, tiny)))


def make_part(name: str, architecture: str, values: Mapping[str, Any]) -> Any:
    """See :class:`shapespec.libraries.Library`."""
    return make(name, architecture, values, {})


def asked(architecture: str, model: Any) -> tuple[Any, dict[str, Any]]:
    """See :class:`shapespec.libraries.Library`."""
    return model, {}


def register_containers() -> None:
    """See :class:`shapespec.libraries.Library`: it has none."""
