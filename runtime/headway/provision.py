"""`python -m headway.provision`: makes the topics of a cluster the declared ones."""

import sys

from headway.topics.provisioning import main

if __name__ == "__main__":
    sys.exit(main())
