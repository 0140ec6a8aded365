"""Django with django-eventstream, whose processes are joined by Redis, without a database."""

import os
from urllib.parse import urlsplit

import django
from django.conf import settings
from django.core.asgi import get_asgi_application
from django.http import HttpResponse
from django.urls import include, path

engine = urlsplit(os.environ["BENCHMARK_ENGINE"])

settings.configure(
    SECRET_KEY="benchmark",
    ALLOWED_HOSTS=["*"],
    ROOT_URLCONF=__name__,
    INSTALLED_APPS=["django_eventstream"],
    MIDDLEWARE=[],
    EVENTSTREAM_REDIS={"host": engine.hostname, "port": engine.port},
)
django.setup()


async def readers(_request):
    from django_eventstream.views import get_listener_manager

    count = str(sum(map(len, get_listener_manager().listeners_by_channel.values())))
    return HttpResponse(count, headers={"Content-Length": str(len(count))})


urlpatterns = [
    path("events", include("django_eventstream.urls"), {"channels": ["events"]}),
    path("readers", readers),
]
app = get_asgi_application()
