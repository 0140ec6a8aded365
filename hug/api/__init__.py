"""APIs: what a module offers, and how it is served."""

from hug.api.cli_api import CLIInterfaceAPI
from hug.api.http_api import HTTPInterfaceAPI
from hug.api.module_api import API, api_for, channels_of_caller, from_object

__all__ = ["API", "CLIInterfaceAPI", "HTTPInterfaceAPI", "api_for", "channels_of_caller", "from_object"]
