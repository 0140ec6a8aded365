"""Who may call."""

import hug

USERS = {"tim": "secret", "é": "ü"}


def known(user, password):
    return {"name": user} if USERS.get(user) == password else False


def known_in_context(user, password, context):
    context["asked"] = user
    return f"{user} in context" if USERS.get(user) == password else False


def token_user(token):
    return "token user" if token == "Bearer abc" else False


def key_user(key):
    return {"key": key} if key.startswith("k") else None


basic = hug.authentication.basic(hug.authentication.verify("tim", "secret"))
basic_known = hug.authentication.basic(known)
basic_context = hug.authentication.basic(known_in_context)
token = hug.authentication.token(token_user)
api_key = hug.authentication.api_key(key_user)


@hug.authentication.authenticator
def query(request, response, verify_user, context=None, **kwargs):
    """Query authentication"""
    user = request.get_param("user")
    if user is None:
        return None
    return verify_user(user) or False


@hug.get("/public")
def public(hug_user):
    return hug_user


@hug.get("/basic", requires=basic)
def for_basic(hug_user):
    return hug_user


@hug.get("/known", requires=basic_known)
def for_known(user: hug.directives.user):
    return user


@hug.get("/in_context", requires=basic_context)
def in_context(request):
    return request.context["user"]


@hug.get("/token", requires=token)
def for_token(hug_user):
    return hug_user


@hug.get("/api_key", requires=api_key)
def for_api_key(hug_user):
    return hug_user


@hug.get("/query", requires=query(lambda user: user.upper() if user != "wrong" else None))
def for_query(hug_user):
    return hug_user


@hug.get("/both", requires=(basic, token))
def for_both(hug_user):
    return hug_user


@hug.get(
    "/several", requires=[basic_known, lambda request, **kwargs: request.get_param("ok") == "1" or "not ok"]
)
def for_several(number: int, hug_user):
    return [number, hug_user]


@hug.not_found()
def nothing():
    return "nothing here"
