"""The product's settings for a test run: a home folder of its own, and hashing that costs little.

DATABASE_URL is passed on as it is: without it every test runs on SQLite, with it on PostgreSQL.
"""

import atexit
import os
import shutil
import tempfile

from django.contrib.auth.hashers import Argon2PasswordHasher

HOME = tempfile.mkdtemp(prefix="kilter-test-")
atexit.register(shutil.rmtree, HOME, ignore_errors=True)
os.environ["KILTER_HOME"] = HOME

from kilter.server.settings import *  # noqa: E402, F403 (the home folder comes first)
from kilter.server.settings import DATABASES, KILTER  # noqa: E402

if DATABASES["default"]["ENGINE"].endswith("sqlite3"):
    # A file, as in production: threads and processes of a test meet the same locks.
    DATABASES["default"]["TEST"] = {"NAME": str(KILTER.home / "test.sqlite3")}


class QuickArgon2(Argon2PasswordHasher):
    """Argon2 with the least cost it allows; its hashes name it argon2 like any other."""

    time_cost = 1
    memory_cost = 8
    parallelism = 1


PASSWORD_HASHERS = ["tests.settings.QuickArgon2"]
