"""What the spiders find."""

from dataclasses import dataclass
from decimal import Decimal

from itemloaders.processors import MapCompose, TakeFirst
from scrapy.loader import ItemLoader


@dataclass
class Book:
    """A book on sale; a field that its page lacks is empty or None.

    Attributes:
        url: The page that tells of it.
        upc: Its universal product code, one for each edition.
        title: What it is called.
        price: What it costs, in pounds.
        stock: How many there are.
    """

    url: str = ""
    upc: str = ""
    title: str = ""
    price: Decimal | None = None
    stock: int | None = None


class BookLoader(ItemLoader):
    """Makes a book from texts of its page: the first of each field, stripped."""

    default_item_class = Book
    default_input_processor = MapCompose(str.strip)
    default_output_processor = TakeFirst()
    price_in = MapCompose(Decimal)
    stock_in = MapCompose(int)
