"""Django's settings, derived from the site's own (`kilter.server.config`)."""

from __future__ import annotations

import os
from datetime import timedelta
from pathlib import Path
from typing import Any

from csp.constants import NONE, SELF

from kilter.server.config import LOOPBACK_NAMES, database_settings, read_config, secret_key

KILTER = read_config()
"""The site's settings, read and checked."""

KILTER.home.mkdir(parents=True, exist_ok=True)

SECRET_KEY = secret_key(KILTER.home)
DEBUG = False
ALLOWED_HOSTS = list(LOOPBACK_NAMES if KILTER.demo else KILTER.hosts)
CSRF_TRUSTED_ORIGINS = list(KILTER.origins)
ROOT_URLCONF = "kilter.server.urls"
WSGI_APPLICATION = "kilter.server.wsgi.application"
AUTH_USER_MODEL = "people.Person"
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
USE_TZ = True
TIME_ZONE = "UTC"
SITE_ZONE = KILTER.zone
LANGUAGE_CODE = "en-gb"

# The rooms, from left to right: each imports only what stands before it. A new room is one more line.
DEPARTMENT = (
    "kilter.department.ledger",
    "kilter.department.people",
    "kilter.department.equipment",
    "kilter.department.patients",
    "kilter.department.policy",
    "kilter.department.records",
    "kilter.department.intake",
    "kilter.department.materials",
    "kilter.department.work",
    "kilter.department.schedule",
    "kilter.department.safety",
    "kilter.department.status",
)
INSTALLED_APPS = [
    "django.contrib.contenttypes",
    "django.contrib.auth",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "axes",
    "csp",
    "django_htmx",
    *DEPARTMENT,
]
MIDDLEWARE = [
    "kilter.server.middleware.RequestId",
    "kilter.server.middleware.CallersAddress",
    "kilter.server.middleware.LoopbackOnly",
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "csp.middleware.CSPMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "axes.middleware.AxesMiddleware",
]

DATABASES: dict[str, dict[str, Any]] = {"default": database_settings(KILTER.database_url, KILTER.home)}

# Our pages are Jinja2; Django's own engine serves only pages that come with third-party apps.
WEB = Path(__file__).resolve().parent.parent / "interfaces" / "web"
TEMPLATES: list[dict[str, Any]] = [
    {
        "BACKEND": "django.template.backends.jinja2.Jinja2",
        "DIRS": [WEB / "templates"],
        "APP_DIRS": False,
        "OPTIONS": {"environment": "kilter.interfaces.web.jinja.environment", "zone": SITE_ZONE},
    },
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [],
        "APP_DIRS": True,
        "OPTIONS": {"context_processors": ["django.template.context_processors.request"]},
    },
]
if not (WEB / "jinja.py").exists():
    TEMPLATES = TEMPLATES[1:]

# Argon2 first; the others only open accounts brought from elsewhere, and are replaced at log-in.
PASSWORD_HASHERS = [
    "django.contrib.auth.hashers.Argon2PasswordHasher",
    "django.contrib.auth.hashers.PBKDF2PasswordHasher",
]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator", "OPTIONS": {"min_length": 10}},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
    {"NAME": "django.contrib.auth.password_validation.NumericPasswordValidator"},
]
AUTHENTICATION_BACKENDS = [
    "axes.backends.AxesStandaloneBackend",
    "django.contrib.auth.backends.ModelBackend",
]
AXES_FAILURE_LIMIT = KILTER.lockout_attempts
AXES_COOLOFF_TIME = timedelta(minutes=KILTER.lockout_minutes)
AXES_LOCKOUT_PARAMETERS = [["username", "ip_address"]]
AXES_RESET_ON_SUCCESS = True
AXES_VERBOSE = False
LOGIN_URL = "/login/"
CSRF_FAILURE_VIEW = "kilter.interfaces.web.page.csrf_failed"
LOGIN_REDIRECT_URL = "/"

# A demo runs without TLS, on loopback alone; everything else is served over TLS.
SECURE = not KILTER.demo
SESSION_COOKIE_SECURE = SECURE
SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = "Lax"
SESSION_COOKIE_AGE = KILTER.session_hours * 3600
CSRF_COOKIE_SECURE = SECURE
CSRF_COOKIE_SAMESITE = "Lax"
SECURE_CONTENT_TYPE_NOSNIFF = True
SECURE_REFERRER_POLICY = "same-origin"
SECURE_HSTS_SECONDS = 31_536_000 if SECURE else 0
SECURE_SSL_REDIRECT = SECURE and KILTER.behind_proxy
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if KILTER.behind_proxy else None
X_FRAME_OPTIONS = "DENY"
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [SELF],
        "script-src": [SELF],
        "style-src": [SELF],
        "img-src": [SELF, "data:", "blob:"],
        "connect-src": [SELF],
        "worker-src": [SELF],
        "object-src": [NONE],
        "base-uri": [NONE],
        "form-action": [SELF],
        "frame-ancestors": [NONE],
    }
}

STATIC_URL = "/static/"
STATIC_ROOT = KILTER.home / "static"
STATIC_ROOT.mkdir(exist_ok=True)
STATICFILES_DIRS = [WEB / "static"]
WHITENOISE_USE_FINDERS = True
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {"BACKEND": "whitenoise.storage.CompressedStaticFilesStorage"},
}
FILE_STORE = KILTER.home / "files"
DATA_UPLOAD_MAX_MEMORY_SIZE = KILTER.upload_megabytes * 1024 * 1024
DATA_UPLOAD_MAX_NUMBER_FIELDS = 2000

MAIL = "smtp" if KILTER.mail_server else "dummy"
EMAIL_BACKEND = f"django.core.mail.backends.{MAIL}.EmailBackend"
EMAIL_HOST, _, _PORT = KILTER.mail_server.rpartition(":")
EMAIL_PORT = int(_PORT or 25)
EMAIL_HOST_USER = KILTER.mail_user
EMAIL_HOST_PASSWORD = os.environ.get("KILTER_MAIL_PASSWORD", "")
EMAIL_USE_TLS = KILTER.mail_tls
EMAIL_TIMEOUT = 30
DEFAULT_FROM_EMAIL = KILTER.mail_from or "kilter@localhost"

LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"lines": {"()": "kilter.server.logs.JsonLines"}},
    "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": "lines"}},
    "root": {"handlers": ["stderr"], "level": "WARNING"},
    "loggers": {
        "kilter": {"level": KILTER.log_level},
        "django": {"handlers": ["stderr"], "level": "WARNING", "propagate": False},
    },
}
