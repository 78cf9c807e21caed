"""What does this model take? One short YAML file per architecture answers.

>>> from shapespec import load_spec
>>> spec = load_spec("bert", batch_size=4)
>>> spec.inputs("model")["input_ids"].shape
(4, 16)

Importing this package imports neither numpy, torch nor transformers; each is imported where it is first needed.
"""

from typing import TYPE_CHECKING, Any

from shapespec.version import __version__

if TYPE_CHECKING:
    from shapespec.errors import (
        CheckError,
        ConfigError,
        ContractError,
        ExpressionError,
        FileError,
        GrammarError,
        Location,
        MissingPackageError,
        OutputError,
        Problem,
        RequestError,
        RequirementError,
        SizeError,
        SpecError,
        TooLargeError,
        UnknownNameError,
    )
    from shapespec.plan import TensorSpec
    from shapespec.registry.catalogue import SpecEntry, list_specs
    from shapespec.spec import Spec, load_spec
    from shapespec.validating.validate import validate

_HOMES = {
    "SpecEntry": "registry.catalogue",
    "list_specs": "registry.catalogue",
    "load_spec": "spec",
    "Spec": "spec",
    "TensorSpec": "plan",
    "validate": "validating.validate",
    **dict.fromkeys(
        (
            "CheckError", "ConfigError", "ContractError", "ExpressionError", "FileError", "GrammarError", "Location",
            "MissingPackageError", "OutputError", "Problem", "RequestError", "RequirementError", "SizeError",
            "SpecError", "TooLargeError", "UnknownNameError",
        ),
        "errors",
    ),
}  # fmt: skip

__all__ = [
    "CheckError",
    "ConfigError",
    "ContractError",
    "ExpressionError",
    "FileError",
    "GrammarError",
    "Location",
    "MissingPackageError",
    "OutputError",
    "Problem",
    "RequestError",
    "RequirementError",
    "SizeError",
    "Spec",
    "SpecEntry",
    "SpecError",
    "TensorSpec",
    "TooLargeError",
    "UnknownNameError",
    "__version__",
    "list_specs",
    "load_spec",
    "validate",
]


def __getattr__(name: str) -> Any:
    """Imports a public name where it is first used."""
    if name not in _HOMES:
        raise AttributeError(f"module `shapespec` has no attribute `{name}`")
    from importlib import import_module

    value = getattr(import_module(f"shapespec.{_HOMES[name]}"), name)
    globals()[name] = value
    return value
