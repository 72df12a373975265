"""`python -m gateway`: serve until SIGTERM."""

from headway.serving import signals

if __name__ == "__main__":
    ending = signals.listen()  # before anything is imported that may start threads

    from gateway.server import serve
    from gateway.settings import GatewaySettings
    from headway.serving.process import run

    run("gateway", GatewaySettings, serve, ending)
