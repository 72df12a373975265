"""`python -m p1`: run the stage until SIGTERM."""

from headway.serving import signals

if __name__ == "__main__":
    ending = signals.listen()  # before anything is imported that may start threads

    from headway import run
    from p1.stage import P1Settings, make_stage

    run(P1Settings, make_stage, ending)
