"""What happens to an item before Scrapy writes it.

https://docs.scrapy.org/en/latest/topics/item-pipeline.html
"""

from itemadapter import ItemAdapter
from scrapy.exceptions import DropItem

from .items import Book


class CompletePipeline:
    """Drop a book with an empty field."""

    def process_item(self, item: object) -> object:
        """Return the item.

        Raises:
            DropItem: A field of the book is empty.
        """
        if isinstance(item, Book):
            fields = ItemAdapter(item).items()
            if missing := [name for name, value in fields if value in ("", None)]:
                raise DropItem(f"{item.url} has no {', '.join(missing)}")
        return item


class UniquePipeline:
    """Drop a book that another page has given before."""

    def __init__(self) -> None:
        """Start without any book."""
        self.pages: dict[str, str] = {}

    def process_item(self, item: object) -> object:
        """Return the item.

        Raises:
            DropItem: Another page had the same product code.
        """
        if isinstance(item, Book):
            first = self.pages.setdefault(item.upc, item.url)
            if first != item.url:
                raise DropItem(f"{item.url} has the same code as {first}")
        return item
