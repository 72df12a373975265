"""`python -m status`: serve until SIGTERM."""

from headway.process import run
from status.server import serve
from status.settings import StatusSettings

run("status", StatusSettings, serve)
