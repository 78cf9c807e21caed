"""The small language in which sizes, conditions and formulas are written. Knows nothing of files or specs."""

from shapespec.expressions.evaluate import Budget, EvaluationFailure, MissingValue, Scope, UnknownName, evaluate
from shapespec.expressions.parse import Expression, parse
from shapespec.expressions.partial import Knowledge, NotFoldable, Open, partial, text_over

__all__ = [
    "Budget",
    "EvaluationFailure",
    "Expression",
    "Knowledge",
    "MissingValue",
    "NotFoldable",
    "Open",
    "Scope",
    "UnknownName",
    "evaluate",
    "parse",
    "partial",
    "text_over",
]
