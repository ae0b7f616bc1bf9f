"""`python -m rnnviz_core ...`: see `rnnviz_core.cli`."""

import sys

from .cli import main

if __name__ == "__main__":
    sys.exit(main())
