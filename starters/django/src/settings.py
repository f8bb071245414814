"""Django's settings. The environment holds those that differ from place to place.

The settings are safe for production unless DJANGO_DEBUG is 1.
https://docs.djangoproject.com/en/stable/ref/settings/

Raises:
    ImproperlyConfigured: If a variable is missing or has a wrong value.
"""

import os
from pathlib import Path

import dj_database_url
from django.core.exceptions import ImproperlyConfigured

__all__: list[str] = []  # Django reads the names in capitals

PACKAGE_DIR = Path(__file__).resolve().parent


def _flag(name: str) -> bool:
    """Return whether a variable is 1. A missing one is 0."""
    value = os.environ.get(name, "0")
    if value not in ("0", "1"):
        raise ImproperlyConfigured(f"{name} is {value!r}: set it to 0 or 1")
    return value == "1"


def _database(url: str) -> dj_database_url.DBConfig:
    """Return the database at a URL. No message shows the URL: it may hold a password."""
    if not url and DEBUG:
        path = PACKAGE_DIR.parents[1] / "db.sqlite3"  # beside pyproject.toml
        return {"ENGINE": "django.db.backends.sqlite3", "NAME": str(path)}
    try:
        return dj_database_url.parse(url, conn_max_age=600, conn_health_checks=True)
    except ValueError:
        wrong = "not a database URL" if url else "missing"
        hint = "set it to a URL such as postgres://user:password@host/name"
        raise ImproperlyConfigured(f"DATABASE_URL is {wrong}: {hint}") from None


DEBUG = _flag("DJANGO_DEBUG")
SECRET_KEY = os.environ.get("DJANGO_SECRET_KEY") or ("django-insecure" if DEBUG else "")
if not SECRET_KEY:
    raise ImproperlyConfigured(
        "DJANGO_SECRET_KEY is missing: set it to 50 random characters or more, "
        "or set DJANGO_DEBUG to 1 for development"
    )
ALLOWED_HOSTS = os.environ.get("DJANGO_ALLOWED_HOSTS", "").replace(",", " ").split()
DATABASES = {"default": _database(os.environ.get("DATABASE_URL", ""))}

# Application definition

INSTALLED_APPS = [
    f"{__package__}.accounts",
    "django.contrib.admin",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
]
MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
]
ROOT_URLCONF = f"{__package__}.urls"
WSGI_APPLICATION = f"{__package__}.wsgi.application"
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [PACKAGE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
            ],
        },
    },
]
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
LANGUAGE_CODE = "en-us"
TIME_ZONE = "UTC"

# Users and passwords

AUTH_USER_MODEL = "accounts.User"
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": f"django.contrib.auth.password_validation.{name}"}
    for name in (
        "UserAttributeSimilarityValidator",
        "MinimumLengthValidator",
        "CommonPasswordValidator",
        "NumericPasswordValidator",
    )
]

# Security: what "check --deploy" asks for

SECURE_SSL_REDIRECT = not DEBUG
SECURE_REDIRECT_EXEMPT = ["^health$"]  # probes come from inside, without HTTPS
SESSION_COOKIE_SECURE = not DEBUG
CSRF_COOKIE_SECURE = not DEBUG
SECURE_HSTS_SECONDS = 0 if DEBUG else 3600  # raise it to a year when HTTPS works
SILENCED_SYSTEM_CHECKS = ["security.W005", "security.W021"]  # HSTS for subdomains
# Only behind a proxy that sets this header itself: clients could fake it.
if _flag("DJANGO_BEHIND_PROXY"):
    SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")

# Static files: WhiteNoise serves them https://whitenoise.readthedocs.io/

STATIC_URL = "static/"
STATICFILES_DIRS = [PACKAGE_DIR / "static"]
# With DJANGO_STATIC_ROOT, "collectstatic" puts compressed files with lasting names there.
STATIC_ROOT = os.environ.get("DJANGO_STATIC_ROOT")
WHITENOISE_USE_FINDERS = not STATIC_ROOT
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {
        "BACKEND": "whitenoise.storage.CompressedManifestStaticFilesStorage"
        if STATIC_ROOT
        else "django.contrib.staticfiles.storage.StaticFilesStorage"
    },
}

# Logging: every logger writes to stderr

LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {
        "line": {"format": "%(asctime)s %(levelname)s %(name)s: %(message)s"},
    },
    "handlers": {"console": {"class": "logging.StreamHandler", "formatter": "line"}},
    "root": {"handlers": ["console"], "level": "INFO"},
    "loggers": {"django": {"handlers": []}},  # its own would write to a terminal twice
}
