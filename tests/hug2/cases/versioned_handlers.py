"""Which handler answers in which version."""

from ..exchanges import get

CASES = [
    get("/raise"),
    get("/v1/raise"),
    get("/v2/raise"),
    get("/v1/nowhere"),
    get("/v2/nowhere"),
    get("/nowhere"),
    get("/nowhere", X_API_VERSION="1"),
    get("/v1/class"),
    get("/v2/class"),
    get("/v3/class"),
    get("/class"),
    get("/v2/class/only_two"),
    get("/v1/class/only_two"),
    get("/v1/chained"),
    get("/v2/chained"),
    get("/v3/chained"),
    get("/api_version_given"),
    get("/v3/api_version_given"),
    get("/api_version_given?api_version=4"),
]
