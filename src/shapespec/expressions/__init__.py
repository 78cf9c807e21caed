"""The small language in which sizes, conditions and formulas are written. Knows nothing of files or specs."""

from shapespec.expressions.evaluate import Budget, EvaluationFailure, MissingValue, Scope, UnknownName, evaluate
from shapespec.expressions.parse import Expression, parse

__all__ = [
    "Budget",
    "EvaluationFailure",
    "Expression",
    "MissingValue",
    "Scope",
    "UnknownName",
    "evaluate",
    "parse",
]
