"""The WSGI door. Wrong settings end the start with the one line that names them."""

from __future__ import annotations

import os
import sys

from django.core.wsgi import get_wsgi_application

from kilter.measure.error import BadInput

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "kilter.server.settings")
try:
    application = get_wsgi_application()
except BadInput as problem:
    sys.exit(f"kilter: {problem.message}")
