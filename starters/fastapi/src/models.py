"""What goes in and out as JSON."""

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, FiniteFloat

from .units import Unit

# A number stays one: strict refuses "1" and true.
Value = Annotated[FiniteFloat, Field(strict=True, examples=[26.2])]


class Quantity(BaseModel):
    """A value and its unit."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    value: Value
    unit: Unit = Field(examples=[Unit.MILE])


class Conversion(BaseModel):
    """A quantity and the unit to give it in."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    quantity: Quantity
    target: Unit = Field(examples=[Unit.KILOMETRE])


class Problem(BaseModel):
    """What every request that fails is answered with (RFC 9457).

    Attributes:
        title: What kind of problem it is.
        status: The HTTP status.
        detail: What is wrong.
        errors: For a request of a wrong shape, the location (such as
            ``body.quantity.value``) and the message of each error.
    """

    title: str
    status: int
    detail: str
    errors: list[dict[str, str]] = []
