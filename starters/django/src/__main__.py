"""Django's commands, as manage.py gives them in other projects."""

import os
import sys

import django
from django.core.exceptions import ImproperlyConfigured
from django.core.management import execute_from_command_line
from django.db import Error, connection

PROGRAM = f"python -m {__package__}"

os.environ.setdefault("DJANGO_SETTINGS_MODULE", f"{__package__}.settings")
try:
    if sys.argv[1:2] == ["runserver"]:
        # Its reloader would show a traceback and wait until the code changes.
        django.setup()
        connection.ensure_connection()
        connection.close()
    execute_from_command_line([PROGRAM, *sys.argv[1:]])
except (ImproperlyConfigured, Error) as error:  # a variable can correct these
    sys.exit(f"{PROGRAM}: {' '.join(str(error).split())}")
