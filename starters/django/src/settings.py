"""The settings, read from the environment; safe unless DJANGO_DEBUG=1.

They raise ImproperlyConfigured where a variable is missing or cannot be used.
https://docs.djangoproject.com/en/stable/ref/settings/
"""

import os

import dj_database_url
from django.core.exceptions import ImproperlyConfigured

__all__: list[str] = []  # Django reads the names in capitals


def _flag(name: str) -> bool:
    """Return whether a variable is 1; without it, it is 0."""
    value = os.environ.get(name, "0")
    if value not in ("0", "1"):
        raise ImproperlyConfigured(f"{name} is {value!r}: set it to 0 or 1")
    return value == "1"


def _database(url: str) -> dj_database_url.DBConfig:
    """Return the database at a URL, which no message repeats: it may hold a password."""
    try:
        return dj_database_url.parse(url, conn_max_age=600, conn_health_checks=True)
    except ValueError:
        message = "DATABASE_URL is no URL such as postgres://user:password@host/name"
        raise ImproperlyConfigured(message) from None


# ---- What differs from place to place -----------------------------------------------

DEBUG = _flag("DJANGO_DEBUG")
SECRET_KEY = os.environ.get("DJANGO_SECRET_KEY") or ("django-insecure" if DEBUG else "")
if not SECRET_KEY:
    raise ImproperlyConfigured(
        "DJANGO_SECRET_KEY is missing: set it to 50 random characters or more, "
        "or DJANGO_DEBUG to 1 for development"
    )
ALLOWED_HOSTS = os.environ.get("DJANGO_ALLOWED_HOSTS", "").replace(",", " ").split()
DATABASES = {
    "default": _database(os.environ.get("DATABASE_URL") or "sqlite:///db.sqlite3")
}
STATIC_ROOT = os.environ.get("DJANGO_STATIC_ROOT")

# ---- Security: what "check --deploy" asks for ----------------------------------------

SECURE_SSL_REDIRECT = not DEBUG
SESSION_COOKIE_SECURE = not DEBUG
CSRF_COOKIE_SECURE = not DEBUG
SECURE_HSTS_SECONDS = 0 if DEBUG else 3600  # a year, once all has worked for a while
SILENCED_SYSTEM_CHECKS = [
    "security.W005",  # whether HSTS is for subdomains, too,
    "security.W021",  # and built into browsers, is the domain's owner's to decide
]
# Only behind a proxy that sets this header itself: others could fake it.
if _flag("DJANGO_BEHIND_PROXY"):
    SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": f"django.contrib.auth.password_validation.{name}"}
    for name in (
        "UserAttributeSimilarityValidator",
        "MinimumLengthValidator",
        "CommonPasswordValidator",
        "NumericPasswordValidator",
    )
]

# ---- What it is made of --------------------------------------------------------------

INSTALLED_APPS = [
    f"{__package__}.notes",
    "django.contrib.admin",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
]
MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
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
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
            ]
        },
    }
]
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
STATIC_URL = "static/"
TIME_ZONE = "UTC"
LOGGING = {  # to stderr; Django's own way is an e-mail to ADMINS
    "version": 1,
    "disable_existing_loggers": False,
    "handlers": {"console": {"class": "logging.StreamHandler"}},
    "loggers": {"django": {"handlers": ["console"], "level": "INFO"}},
}
