"""The JSON that clients send and receive."""

from typing import Annotated

from pydantic import BaseModel, Field


class NewItem(BaseModel):
    """An item that a client adds."""

    name: Annotated[str, Field(min_length=1, max_length=100, examples=["tea"])]
    quantity: Annotated[int, Field(ge=0, le=1_000_000, examples=[3])]


class Item(NewItem):
    """An item in the database."""

    id: int
