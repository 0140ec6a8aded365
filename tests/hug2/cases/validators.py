"""What validators say, and when they are asked."""

from ..exchanges import get

CASES = [
    get("/validated?a=1&b=1"),
    get("/validated?a=1&b=2"),
    get("/validated?a=1&b=x"),
    get("/validated_text?a=1"),
    get("/validated_text"),
    get("/contains_one"),
    get("/contains_one?b=1"),
    get("/all_validators"),
    get("/all_validators?a=1&b=1"),
    get("/all_validators?a=1&b=2"),
    get("/any_validator?a=1&b=1"),
    get("/any_validator?a=1&b=2"),
]
