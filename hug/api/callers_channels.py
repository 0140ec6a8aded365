"""The channels of the module that asks for one, whether it has an API or not."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from hug import modules
from hug.api.module_api import API
from hug.api.own_channels import channels_without_api
from hug.eventstream.channels.registry import Channels


def channels_of_caller(names: Mapping[str, Any]) -> Channels:
    """Return the channels of the API of a module, or the default ones if it has none; it gets none by this.

    Args:
        names: The module's global names.
    """
    api = names.get("__hug__")
    if not isinstance(api, API):
        name = names.get("__name__", "")
        api = getattr(modules.known(name), "__hug__", None)
        if not isinstance(api, API):
            return channels_without_api(name)
    return api.channels
