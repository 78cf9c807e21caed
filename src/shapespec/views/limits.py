"""What a stored result proves less of, each with its number: a part of the coverage page."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

Entry = Mapping[str, Any]

#: At how many sizes a dynamic axis is run.
ENOUGH = 3

#: So many classes are named for one reason: the stored result has all.
MOST_NAMED = 12


def limits_of(pairs: Sequence[Entry]) -> str:
    """The lists as Markdown: inputs that cannot matter, arguments that nobody feeds, outputs of which a rank is all
    that is compared, axes run at few sizes, components that did not run, classes that another type serves."""
    return "\n\n".join(
        (
            _inert(pairs),
            _unfed(pairs),
            _listed("Inputs that have one value alone, so that no other could be tried", _told(pairs, "one value")),
            _listed(
                "Outputs with an axis whose size only a run tells: its rank alone is compared", _told(pairs, "by rank")
            ),
            _listed(f"Sizes that ran at fewer than {ENOUGH} values", _few_sizes(pairs)),
            _listed("Components that did not run on the class", _unchecked(pairs)),
            _listed("Classes that another type serves", _served(pairs)),
        )
    )


def _inert(pairs: Sequence[Entry]) -> str:
    found: dict[tuple[str, str], set[str]] = defaultdict(set)
    for entry, told in _findings(pairs):
        for name, reason in told.get("inert", {}).items():
            found[name, reason].add(f"`{entry['model_class']}`")
    rows = [
        f"| `{name}` | {reason} | {', '.join(sorted(classes))} |" for (name, reason), classes in sorted(found.items())
    ]
    head = f"### Inputs that cannot change the answer: {len(rows)}"
    return "\n".join([head, "", "| input | why | classes |", "|---|---|---|", *rows]) if rows else f"{head}"


def _unfed(pairs: Sequence[Entry]) -> str:
    """The arguments of forward that no spec feeds, a row for each reason: which they are, and of which classes."""
    found: dict[str, dict[str, set[str]]] = defaultdict(lambda: defaultdict(set))
    for entry, told in _findings(pairs):
        for name, reason in told.get("unfed", {}).items():
            found[reason]["arguments"].add(f"`{name}`")
            found[reason]["classes"].add(f"`{entry['model_class']}`")
    rows = [
        f"| {reason} | {', '.join(sorted(of['arguments']))} | {_some(sorted(of['classes']))} |"
        for reason, of in sorted(found.items(), key=lambda item: (-len(item[1]["classes"]), item[0]))
    ]
    head = f"### Arguments of forward that nobody feeds, by the reason why: {len(rows)}"
    return "\n".join([head, "", "| why | arguments | classes |", "|---|---|---|", *rows]) if rows else head


def _some(names: Sequence[str]) -> str:
    """The first of them, and how many more there are."""
    more = len(names) - MOST_NAMED
    return ", ".join(names[:MOST_NAMED]) + (f" and {more} more" if more > 0 else "")


def _told(pairs: Sequence[Entry], word: str) -> dict[str, set[str]]:
    """Names that the proofs tell under a word, each with its types."""
    found: dict[str, set[str]] = defaultdict(set)
    for entry, told in _findings(pairs):
        for name in told.get(word, ()):
            found[name].add(entry["architecture"])
    return found


def _findings(pairs: Sequence[Entry]) -> Iterator[tuple[Entry, Mapping[str, Any]]]:
    for entry in pairs:
        for run in entry["runs"]:
            if len(run) > 5:
                yield entry, run[5]


def _few_sizes(pairs: Sequence[Entry]) -> dict[str, set[str]]:
    found: dict[str, set[str]] = defaultdict(set)
    for entry in pairs:
        values: dict[tuple[str, str], set[int]] = defaultdict(set)
        for _, component, _, _, sizes, *_ in entry["runs"]:
            for name, size in sizes.items():
                values[component, name].add(size)
        for (_, name), ran in values.items():
            if len(ran) < ENOUGH:
                found[name].add(entry["architecture"])
    return found


def _unchecked(pairs: Sequence[Entry]) -> dict[str, set[str]]:
    found: dict[str, set[str]] = defaultdict(set)
    for entry in pairs:
        for _, component, _, outcome, *_ in entry["runs"]:
            if component is not None and outcome == "not run":
                found[component].add(entry["architecture"])
    return found


def _served(pairs: Sequence[Entry]) -> dict[str, set[str]]:
    found: dict[str, set[str]] = defaultdict(set)
    for entry in pairs:
        if entry.get("served_by"):
            found[str(entry["model_class"])].add(f"{entry['architecture']} by {entry['served_by']}")
    return found


def _listed(title: str, found: Mapping[str, set[str]]) -> str:
    """A heading with its number, and a line for each name with where it is so."""
    lines = [
        f"- `{name}` ({len(places)}): {', '.join(sorted(places))}"
        for name, places in sorted(found.items(), key=lambda item: (-len(item[1]), item[0]))
    ]
    count = sum(len(places) for places in found.values())
    return "\n".join([f"### {title}: {count}", *(["", *lines] if lines else [])])
