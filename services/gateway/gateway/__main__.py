"""`python -m gateway`: serve until SIGTERM."""

from gateway.server import serve
from gateway.settings import GatewaySettings
from headway.process import run

run("gateway", GatewaySettings, serve)
