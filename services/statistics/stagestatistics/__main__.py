"""`python -m stagestatistics`: sum until SIGTERM."""

from headway.serving import signals

if __name__ == "__main__":
    ending = signals.listen()  # before anything is imported that may start threads

    from headway.serving.service import run
    from stagestatistics.server import SERVICE

    run(SERVICE, ending)
