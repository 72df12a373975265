"""`python -m gateway`: serve until SIGTERM."""

from headway.serving import signals

if __name__ == "__main__":
    ending = signals.listen()  # before anything is imported that may start threads

    from gateway.server import SERVICE
    from headway.serving.service import run

    run(SERVICE, ending)
