"""APIs: what a module offers, and how it is served."""

from typing import TYPE_CHECKING

from hug.lazy import lazily

if TYPE_CHECKING:
    from hug.api.callers_channels import channels_of_caller
    from hug.api.cli_api import CLIInterfaceAPI
    from hug.api.http_api import HTTPInterfaceAPI
    from hug.api.module_api import API, api_for, from_object

__all__ = ["API", "CLIInterfaceAPI", "HTTPInterfaceAPI", "api_for", "channels_of_caller", "from_object"]

if not TYPE_CHECKING:  # to type checkers a name that is not there is a mistake
    __getattr__, __dir__ = lazily(
        __name__,
        {
            "API": "hug.api.module_api",
            "CLIInterfaceAPI": "hug.api.cli_api",
            "HTTPInterfaceAPI": "hug.api.http_api",
            "api_for": "hug.api.module_api",
            "channels_of_caller": "hug.api.callers_channels",
            "from_object": "hug.api.module_api",
        },
    )
