"""`python -m status`."""

import logging
import sys

from headway import log
from headway.errors import SettingsError
from headway.settings import read
from status.server import serve
from status.settings import StatusSettings

log.configure("status")
try:
    settings = read(StatusSettings)
    log.configure("status", settings.log_level)
    serve(settings)
except SettingsError as error:
    logging.getLogger("status").critical("status.refused_to_start", extra={"reason": str(error)})
    sys.exit(2)
