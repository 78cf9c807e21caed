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
    from shapespec.catalogue import SpecEntry, list_specs
    from shapespec.errors import (
        CheckError,
        ConfigError,
        ExpressionError,
        FileError,
        GrammarError,
        Location,
        MissingPackageError,
        OutputError,
        Problem,
        SizeError,
        SpecError,
        TooLargeError,
        UnknownNameError,
    )
    from shapespec.resolving.load import load_spec
    from shapespec.spec import Spec, TensorSpec
    from shapespec.validation import validate

_HOMES = {
    "SpecEntry": "catalogue",
    "list_specs": "catalogue",
    "load_spec": "resolving.load",
    "Spec": "spec",
    "TensorSpec": "spec",
    "validate": "validation",
    **dict.fromkeys(
        (
            "CheckError", "ConfigError", "ExpressionError", "FileError", "GrammarError", "Location",
            "MissingPackageError", "OutputError", "Problem", "SizeError", "SpecError", "TooLargeError",
            "UnknownNameError",
        ),
        "errors",
    ),
}  # fmt: skip

__all__ = [
    "CheckError",
    "ConfigError",
    "ExpressionError",
    "FileError",
    "GrammarError",
    "Location",
    "MissingPackageError",
    "OutputError",
    "Problem",
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
