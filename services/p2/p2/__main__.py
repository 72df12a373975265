"""`python -m p2`: run the stage until SIGTERM."""

from headway.lifecycle import run
from p2.stage import P2Settings, make_stage

if __name__ == "__main__":
    run(P2Settings, make_stage)
