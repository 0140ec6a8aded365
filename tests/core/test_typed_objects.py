"""hug's own schemas: objects whose attributes have hug's types."""

import pytest

import hug
from hug import types


class User(types.Schema):
    """A user"""

    name = types.text
    password = types.Chain(types.text, types.LongerThan(3))
    age = types.number

    def greeting(self) -> str:
        return f"Hello {self.name}"


class Team(types.Schema):
    leader = User
    size = types.InRange(1, 10)
    motto = "none"


class Admin(User):
    level = types.number


def test_values_are_converted() -> None:
    """Each attribute is converted when the object is made, and whenever it is set; others are left out."""
    user = User({"name": 5, "age": "7", "greeting": "x", "_age": "9", "other": 1})
    assert (user.name, user.age, user.password) == ("5", 7, None)
    assert user.greeting() == "Hello 5"
    user.age = "8"
    assert user.age == 8
    with pytest.raises(ValueError, match="Invalid whole number provided"):
        user.age = "x"
    with pytest.raises(ValueError, match="'abc' must be longer than 3"):
        User({"password": "abc"})
    assert user.age == 8
    with pytest.raises(AttributeError):
        user.ages = 5  # type: ignore[attr-defined]


def test_forced_values() -> None:
    """``force`` takes values as they are."""
    assert User({"age": "x"}, force=True).age == "x"


@pytest.mark.parametrize("value", ["x", None, [1], 5])
def test_no_object(value: object) -> None:
    """What is no dictionary is refused in words for the client."""
    with pytest.raises(ValueError, match=r"^Invalid value provided, expected an object"):
        User(value)  # type: ignore[arg-type]


def test_schemas_in_schemas() -> None:
    """A schema may be the type of an attribute; one built on another has its attributes."""
    team = Team({"leader": {"name": "a"}, "size": "3"})
    assert team.leader.greeting() == "Hello a"
    assert Team({"leader": team.leader}).leader is team.leader
    assert Team.motto == "none"
    admin = Admin({"name": "a", "level": "3"})
    assert (admin.name, admin.level) == ("a", 3)


def test_as_json() -> None:
    """Written as JSON, a schema is an object of the values that are set."""
    assert hug.output_format.json(Team({"leader": {"name": "a"}})) == b'{"leader": {"name": "a"}}'


def test_as_annotation(api: hug.API) -> None:
    """As an annotation, a schema converts a parameter or the body, and is documented."""

    @hug.post("/parameter", api=api)
    def parameter(user: User):
        return user.greeting()

    @hug.post("/body", api=api)
    def body(body: User):
        return body.greeting()

    assert hug.test.post(api, "/parameter", {"user": {"name": "a"}}).data == "Hello a"
    assert hug.test.post(api, "/body", {"name": "a"}).data == "Hello a"
    refused = hug.test.post(api, "/parameter", {"user": {"age": "x"}})
    assert refused.data == {"errors": {"user": "Invalid whole number provided"}}
    told = api.http.documentation()["handlers"]["/parameter"]["POST"]["inputs"]
    assert told["user"] == {"type": "A user"}


def test_typed_property() -> None:
    """A `TypedProperty` converts attributes of any class."""

    class Thing:
        size = types.TypedProperty("size", types.number)

    thing = Thing()
    assert thing.size is None
    thing.size = "5"
    assert thing.size == 5
    assert isinstance(Thing.size, types.TypedProperty)
