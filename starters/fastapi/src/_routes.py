"""What the service answers."""

from fastapi import APIRouter

from .models import Conversion, Quantity
from .units import Unit, convert

__all__: list[str] = []  # for the package's own use

router = APIRouter()


@router.get("/units", summary="List the units")
def units() -> list[Unit]:
    """Return the symbol of every unit."""
    return list(Unit)


@router.post("/conversions", summary="Convert a quantity")
def conversions(conversion: Conversion) -> Quantity:
    """Return a quantity in another unit of the same kind, correctly rounded."""
    quantity, target = conversion.quantity, conversion.target
    return Quantity(value=convert(quantity.value, quantity.unit, target), unit=target)


@router.get("/health", summary="Check the service")
def health() -> dict[str, str]:
    """Say that the service answers; check here what it cannot work without."""
    return {"status": "ok"}
