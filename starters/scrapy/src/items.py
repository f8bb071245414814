"""What the spiders find.

https://docs.scrapy.org/en/latest/topics/items.html
"""

from dataclasses import dataclass
from decimal import Decimal

from itemloaders.processors import MapCompose, TakeFirst
from scrapy.loader import ItemLoader


@dataclass
class Book:
    """A book for sale, at a price in pounds. A value that its page lacks is empty."""

    url: str = ""
    upc: str = ""
    title: str = ""
    price: Decimal | None = None
    stock: int | None = None


class BookLoader(ItemLoader):
    """Make a book from the texts of its page."""

    default_item_class = Book
    default_input_processor = MapCompose(str.strip)
    default_output_processor = TakeFirst()
    price_in = MapCompose(Decimal)
    stock_in = MapCompose(int)
