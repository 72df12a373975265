"""`python -m headway`: the command line, as `headway`."""

import sys

from headway.desk.program import main

if __name__ == "__main__":
    sys.exit(main())
