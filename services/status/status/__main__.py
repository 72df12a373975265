"""`python -m status`: serve until SIGTERM."""

from headway.serving import signals

if __name__ == "__main__":
    ending = signals.listen()  # before anything is imported that may start threads

    from headway.serving.process import run
    from status.server import serve
    from status.settings import StatusSettings

    run("status", StatusSettings, serve, ending)
