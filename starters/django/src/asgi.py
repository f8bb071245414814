"""The application for ASGI servers."""

import os

from django.core.asgi import get_asgi_application

__all__: list[str] = []  # the server reads application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", f"{__package__}.settings")
application = get_asgi_application()
