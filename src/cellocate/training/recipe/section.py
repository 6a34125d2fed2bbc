"""What all sections of a recipe share."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from types import MappingProxyType
from typing import Annotated, Any, ClassVar, get_args

from pydantic import BaseModel, ConfigDict, Field, ValidationInfo, field_validator, model_validator
from pydantic_core import PydanticCustomError

from cellocate.choices import under_present_names

Share = Annotated[float, Field(ge=0, lt=1)]


class Section(BaseModel):
    """Immutable settings; unknown ones are refused."""

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)

    old_names: ClassVar[Mapping[str, str]] = MappingProxyType({})
    """Names that settings had in earlier versions, and that recipes may still have → their names now."""

    @model_validator(mode="before")
    @classmethod
    def _by_present_names(cls, values: object) -> object:
        return under_present_names(values, cls.old_names)

    @field_validator("*", mode="before")
    @classmethod
    def _no_truth_for_a_number(cls, value: object, info: ValidationInfo) -> object:
        """Refuse true for a number, which pydantic takes for 1: `frozen: true` would be one epoch."""
        kind: Any = cls.model_fields[str(info.field_name)].annotation
        if isinstance(value, bool) and bool not in (kind, *get_args(kind)):
            raise PydanticCustomError("truth", "should be no {value}", {"value": str(value).lower()})
        return value

    def _refuse_idle(self, owner: str, chosen: Collection[str], used_by: Mapping[str, tuple[str, ...]]) -> None:
        """Raise a `ValueError` if a setting was changed that has no effect with what the setting `owner` has chosen."""
        for setting, users in used_by.items():
            changed = getattr(self, setting) != type(self).model_fields[setting].default
            if changed and not set(users) & set(chosen):
                raise ValueError(
                    f"{setting} has no effect with {owner} {' and '.join(chosen)}, only with {' or '.join(users)}"
                )
