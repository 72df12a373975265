"""`python -m p2`: run the stage until SIGTERM."""

from headway.serving import signals

if __name__ == "__main__":
    ending = signals.listen()  # before anything is imported that may start threads

    from headway import run
    from p2.stage import P2Settings, make_stage

    run(P2Settings, make_stage, ending)
