"""The functions that other functions call by `hug_current_api`."""

from ..exchanges import get

CASES = [
    get("/v1/current"),
    get("/v2/current?value=x"),
    get("/v1/through"),
    get("/v2/through"),
    get("/through?api_version=2"),
    get("/v1/through_all"),
    get("/v2/through_all"),
    get("/unversioned"),
    get("/v1/missing"),
]
