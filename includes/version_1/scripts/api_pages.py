"""Load .standard/api_pages.py for the docs/conf.py of a project begun with Plinth 1.

To delete this file, change "scripts" to ".standard" in docs/conf.py.
"""

import sys
from pathlib import Path

# The import that looks for this module returns the one that bears its name at the end.
del sys.modules[__name__]
sys.path.insert(0, str(Path(__file__).parents[1] / ".standard"))
import api_pages  # noqa: E402, F401
