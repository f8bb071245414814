"""What becomes of an item before it is written.

https://docs.scrapy.org/en/latest/topics/item-pipeline.html
"""

from itemadapter import ItemAdapter
from scrapy.exceptions import DropItem

from .items import Book


class CompletePipeline:
    """Drops an item that lacks a field, with a warning in the log."""

    def process_item(self, item: Book) -> Book:
        """Return the item.

        Raises:
            DropItem: A field is empty or None.
        """
        fields = ItemAdapter(item).items()
        if missing := [name for name, value in fields if value in ("", None)]:
            raise DropItem(f"{item.url}: no {', '.join(missing)}")
        return item


class UniquePipeline:
    """Drops an item whose product code came before, with a warning in the log."""

    def __init__(self) -> None:
        """Start without any code seen."""
        self.pages: dict[str, str] = {}

    def process_item(self, item: Book) -> Book:
        """Return the item.

        Raises:
            DropItem: Another page had the same product code.
        """
        first = self.pages.setdefault(item.upc, item.url)
        if first != item.url:
            raise DropItem(f"{item.url}: {item.upc} is at {first} already")
        return item
