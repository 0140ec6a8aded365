"""URLs as they may be shown to people and logged: without passwords and tokens. Pure functions."""

from typing import Final

_SECRETS: Final = ("pass", "secret", "token", "key", "auth")
"""What the names of options have in them whose values are secret."""


def public(url: str) -> str:
    """Return a URL without what is secret in it, as far as that can be told of one that may be wrong."""
    scheme, slashes, rest = url.partition("://")
    if not slashes:
        scheme, colon, rest = url.partition(":")
        if not colon or not rest or "@" not in rest:
            return url if "@" not in url and len(url) < 100 else "a broker"
        return f"{scheme}:..." if scheme.isalnum() else "a broker"
    base, question, query = rest.partition("?")
    if "@" in query and "@" not in base and ":" in base:
        return f"{scheme}://..."  # a password with a question mark in it, perhaps, that should be written %3F
    user, sign, hosts = base.rpartition("@")
    if sign:
        name, colon, _ = user.partition(":")
        if "/" in name or "@" in name:
            name = "***"
        hidden = "***" if colon or scheme in ("nats", "tls") else ""  # a user alone is a token there
        base = f"{name}:{hidden}@{hosts}" if colon else f"{hidden or name}@{hosts}"
    return f"{scheme}://{base}{question}{'&'.join(_hidden(each) for each in query.split('&'))}"


def _hidden(option: str) -> str:
    name, equals, _ = option.partition("=")
    secret = any(each in name.lower() for each in _SECRETS)
    return f"{name}{equals}***" if secret and equals else option
