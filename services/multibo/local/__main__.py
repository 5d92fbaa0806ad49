"""`python -m multibo.local`: the same as the `multibo` command."""

import sys

from multibo.local.cli import main

if __name__ == "__main__":
    sys.exit(main())
