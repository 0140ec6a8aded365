"""Parameters that look like directives and are none, which clients would fill: told when an app is built.

Not before that: an API that takes over another one may have the directive.
"""

from __future__ import annotations

import difflib
from typing import Final

from hug.interface.http import HTTP
from hug.source_locations import warn_of
from hug.url_templates import fields

_PREFIX: Final = "hug_"


def warn_of_misspelt(interface: HTTP, url: str = "") -> None:
    """Warn of parameters whose names begin as those of directives do, where the function is defined.

    A field of ``url``, and what `map_params` gives another name, is for clients by intent.
    """
    known = interface.api.directives()
    meant_for_clients = fields(url)
    for field in interface.binding.fields:
        name = field.external
        if not name.startswith(_PREFIX) or field.name != name or name in meant_for_clients:
            continue
        what = f"{interface.function.__qualname__} has a parameter {name!r} that clients fill: "
        if name in known:
            what += "the directive of that name was declared after the function, which so does not get it"
        else:
            what += "there is no such directive"
            if near := difflib.get_close_matches(_own(name), map(_own, known), 1):
                what += f", is it {_PREFIX + near[0]!r} that you mean?"
            else:
                what += ". If it is for clients, map_params= can tell that, under another name"
        warn_of(interface.function, what)


def _own(name: str) -> str:
    return name.removeprefix(_PREFIX)
