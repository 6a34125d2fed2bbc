"""Decision rules as files (`rule.json`)."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from cellocate.decision.guaranteed import Guarantee
from cellocate.decision.rule_comparison import RuleComparison
from cellocate.decision.rules import Rule
from cellocate.decision.steps import Steps
from cellocate.errors import CellocateError
from cellocate.files import write_text
from cellocate.vocabulary import Location, Vocabulary


def save_rule(
    path: str | Path,
    rule: Rule,
    vocabulary: Vocabulary,
    steps: Steps | None = None,
    guarantee: Guarantee | None = None,
    comparison: RuleComparison | None = None,
) -> None:
    """Write `{"vocabulary": …, "locations": [names], "rule": {"kind": …, "thresholds": […]}}`.

    The steps before the rule are in `"pool"` and `"calibration"`, its guarantee in `"guarantee"`, and its comparison
    with simple rules in `"comparison"`, where there are any.
    """
    content: dict[str, Any] = {"vocabulary": vocabulary.name, "locations": vocabulary.names}
    content |= (steps or Steps()).model_dump(mode="json", exclude_none=True)
    content["rule"] = rule.model_dump(mode="json")
    if guarantee is not None:
        content["guarantee"] = guarantee.model_dump(mode="json")
    if comparison is not None:
        content["comparison"] = comparison.model_dump(mode="json")
    write_text(path, json.dumps(content, indent=2) + "\n")


def read_rule(path: str | Path) -> tuple[Rule, Vocabulary]:
    """Read a rule that `save_rule` wrote, and its locations (without GO ids and groups).

    Raises:
        CellocateError: the file is missing or not such a rule.
    """
    try:
        content = json.loads(Path(path).read_text(encoding="utf-8"))
        rule = Rule.model_validate(content["rule"])
        names = content["locations"]
        if not (isinstance(names, list) and all(isinstance(n, str) for n in names) and len(set(names)) == len(names)):
            raise ValueError("locations are names that differ")
        vocabulary = Vocabulary(content["vocabulary"], tuple(Location(n, None, "") for n in names))
    except (OSError, ValueError, KeyError, TypeError, ValidationError) as error:
        raise _no_rule(error, path) from None
    if len(rule.thresholds) != len(vocabulary):
        raise CellocateError("thresholds and locations differ in number", where=path, mend="Fit the rule again.")
    return rule, vocabulary


def has_guarantee(path: str | Path) -> bool:
    """Whether the rule at `path` has a guarantee; its sets are as large as that needs."""
    return "guarantee" in json.loads(Path(path).read_text(encoding="utf-8"))


def read_steps(path: str | Path) -> Steps:
    """Read the steps before a rule that `save_rule` wrote.

    Raises:
        CellocateError: the file is missing, or its pool or calibration is invalid.
    """
    try:
        content = json.loads(Path(path).read_text(encoding="utf-8"))
        return Steps.model_validate({name: content[name] for name in Steps.model_fields if name in content})
    except (OSError, ValueError, KeyError, TypeError, ValidationError) as error:
        raise _no_rule(error, path) from None


def _no_rule(error: Exception, path: str | Path) -> CellocateError:
    why = type(error).__name__
    if isinstance(error, ValidationError):
        first = error.errors()[0]
        why = f"{'.'.join(map(str, first['loc']))} {first['input']!r}: {first['msg']}"
    return CellocateError(f"not a decision rule ({why})", where=path, mend="'cellocate decide fit' writes one.")
