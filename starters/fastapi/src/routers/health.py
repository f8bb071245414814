"""The answer for monitoring."""

from fastapi import APIRouter

__all__: list[str] = []  # main.py includes the router

router = APIRouter(tags=["health"])


@router.get("/health")
def read_health() -> dict[str, str]:
    """Say that the service answers. Check here what it needs."""
    return {"status": "ok"}
