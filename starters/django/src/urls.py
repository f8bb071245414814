"""The URLs of the site. https://docs.djangoproject.com/en/stable/topics/http/urls/."""

from django.contrib import admin
from django.urls import path

from .views import health, home

__all__: list[str] = []  # Django reads urlpatterns

urlpatterns = [
    path("", home, name="home"),
    path("health", health, name="health"),
    path("admin/", admin.site.urls),
]
