"""`python -m gateway`."""

import logging
import sys

from gateway.server import serve
from gateway.settings import GatewaySettings
from headway import log
from headway.errors import SettingsError
from headway.settings import read

log.configure("gateway")
try:
    settings = read(GatewaySettings)
    log.configure("gateway", settings.log_level)
    serve(settings)
except SettingsError as error:
    logging.getLogger("gateway").critical("gateway.refused_to_start", extra={"reason": str(error)})
    sys.exit(2)
