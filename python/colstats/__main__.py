"""``python -m colstats``."""

import sys

from colstats.cli import main

sys.exit(main())
