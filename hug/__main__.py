"""``python -m hug``: the command `hug`."""

import sys

from hug.command import main

# The processes that serve a reloading program import this module again, under another name.
if __name__ == "__main__":
    sys.exit(main())
