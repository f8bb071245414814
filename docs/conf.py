"""The settings of the template's own site.

https://www.sphinx-doc.org/en/master/usage/configuration.html
"""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

extensions = ["myst_parser", "docs.tools.pages", "docs.tools.terminal"]
project = "Plinth"
exclude_patterns = ["tools"]
# Where the composer was built, it is a part of the site: ./bootstrap python -m composer build build/extra/composer
html_extra_path = [
    path for path in ["../build/extra"] if (Path(__file__).parent / path).is_dir()
]
html_show_copyright = False
html_show_sourcelink = False
html_theme = "furo"
html_title = "Plinth"
html_static_path: list[str] = []
myst_enable_extensions = ["colon_fence"]
myst_heading_anchors = 3
smartquotes = False
