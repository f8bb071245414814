"""Lets ``python -m`` run the package's command line."""

import sys

from ._cli import main

sys.exit(main())
