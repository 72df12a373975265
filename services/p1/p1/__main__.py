"""`python -m p1`: run the stage until SIGTERM."""

from headway.lifecycle import run
from p1.stage import P1Settings, make_stage

if __name__ == "__main__":
    run(P1Settings, make_stage)
