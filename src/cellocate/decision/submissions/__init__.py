"""Submissions to the 2018 and 2021 challenges: write them, and check them as strictly as the challenges do."""

from pathlib import Path

from cellocate.decision.submissions.kaggle2018 import validate_kaggle2018, write_kaggle2018
from cellocate.decision.submissions.kaggle2021 import (
    is_kaggle2021,
    read_kaggle2021,
    validate_kaggle2021,
    write_kaggle2021,
)
from cellocate.decision.submissions.sample import (
    SubmissionContents,
    in_sample_order,
    read_sample,
    read_shapes,
    require_vocabulary,
)

__all__ = [
    "in_sample_order",
    "is_kaggle2021",
    "read_kaggle2021",
    "read_sample",
    "require_vocabulary",
    "validate_submission",
    "write_kaggle2018",
    "write_kaggle2021",
]


def validate_submission(path: str | Path, sample: str | Path | None = None) -> SubmissionContents:
    """Check a submission to either challenge against its sample: every id once, in any order, and all contents.

    Args:
        path: a CSV file, plain or gzipped.
        sample: the challenge's sample submission; without it any ids are accepted.

    Raises:
        CellocateError: at the first fault, with its line.
    """
    if is_kaggle2021(path):
        return validate_kaggle2021(path, None if sample is None else read_shapes(sample))
    return validate_kaggle2018(path, None if sample is None else read_sample(sample))
