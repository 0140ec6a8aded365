"""Directives by name and by annotation, clean-up, contexts and who sees them."""

from ..exchanges import get


def then(url: str) -> list:
    return [get(url), get("/events", note=f"after {url}")]


CASES = [
    get("/timer"),
    get("/timer_without_default"),
    get("/timer_annotated"),
    get("/multiplied"),
    get("/multiplied?by=5"),
    get("/multiplied_annotated"),
    get("/multiplied_bare"),
    *then("/counted"),
    *then("/counted_error"),
    get("/given"),
    get("/given_default"),
    *then("/context"),
    *then("/context_denied"),
    *then("/context_error"),
    *then("/context_invalid?number=x"),
    *then("/context_http_error"),
    get("/contextual_type?value=x"),
    get("/contextual_type"),
    get("/module"),
    get("/v1/module"),
    get("/session_and_user"),
    get("/overwritten?hug_multiplied=9"),
    get("/unknown_directive"),
    get("/unknown_directive?hug_nothing=x"),
]
