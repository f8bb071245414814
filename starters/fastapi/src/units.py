"""Converts between units of length, mass and time."""

from enum import StrEnum
from fractions import Fraction

from .errors import ConversionError


class Unit(StrEnum):
    """A unit, by its symbol."""

    METRE = "m"
    KILOMETRE = "km"
    INCH = "in"
    MILE = "mi"
    KILOGRAM = "kg"
    GRAM = "g"
    POUND = "lb"
    SECOND = "s"
    MINUTE = "min"
    HOUR = "h"


# What a unit measures, and how many of the SI's base units it is: exact, by definition.
# Inch, mile and pound: https://www.nist.gov/pml/special-publication-811
_SIZES = {
    Unit.METRE: ("length", Fraction(1)),
    Unit.KILOMETRE: ("length", Fraction(1000)),
    Unit.INCH: ("length", Fraction("0.0254")),
    Unit.MILE: ("length", Fraction("1609.344")),
    Unit.KILOGRAM: ("mass", Fraction(1)),
    Unit.GRAM: ("mass", Fraction("0.001")),
    Unit.POUND: ("mass", Fraction("0.45359237")),
    Unit.SECOND: ("time", Fraction(1)),
    Unit.MINUTE: ("time", Fraction(60)),
    Unit.HOUR: ("time", Fraction(3600)),
}


def convert(value: float, source: Unit, target: Unit) -> float:
    """Return what a value in one unit is in another, correctly rounded.

    Raises:
        ConversionError: If the units measure different things, or the value or the
            result is no finite number.
    """
    source_kind, source_size = _SIZES[source]
    target_kind, target_size = _SIZES[target]
    if source_kind != target_kind:
        message = f"{source} is a unit of {source_kind}, {target} one of {target_kind}"
        raise ConversionError(message)
    try:
        return float(Fraction(value) * source_size / target_size)
    except (OverflowError, ValueError) as error:
        message = f"{value} {source} in {target} is no finite number"
        raise ConversionError(message) from error
