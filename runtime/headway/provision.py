"""`python -m headway.provision`: makes the topics of a cluster the declared ones."""

import signal
import sys

from headway.serving.signals import leave
from headway.topics.provisioning import main

if __name__ == "__main__":
    # The first process of a container does not end by SIGTERM unless it says so itself. What was
    # begun is not done: whoever asked must not take it for that.
    signal.signal(signal.SIGTERM, lambda *_: leave(128 + signal.SIGTERM))
    sys.exit(main())
