"""Versions of one URL."""

import pytest

import hug


@pytest.fixture
def versioned(api: hug.API) -> hug.API:
    """An API with versions 1, 2 and 3 of ``/x``, and others."""
    hug.get("/x", api=api, versions=1)(lambda: 1)

    @hug.get("/x", api=api, versions=(2, 3))
    async def second(api_version, hug_api_version):
        return [2, api_version, hug_api_version]

    hug.get("/fallback", api=api, versions=1)(lambda: 1)
    hug.get("/fallback", api=api)(lambda: "any")
    hug.get("/bare", api=api, versions=False)(lambda: "bare")
    hug.get("/unversioned", api=api)(lambda: "any")
    return api


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("/v1/x", 1),
        ("/v2/x", [2, 2, 2]),
        ("/v3/x/", [2, 3, 3]),
        ("/x?api_version=1", 1),
        ("/x?api_version=2", [2, None, None]),
        ("/v1/x?api_version=1", 1),
        ("/v1/fallback", 1),
        ("/v7/fallback", "any"),
        ("/fallback", "any"),
        ("/bare", "bare"),
        ("/v5/unversioned", "any"),
        ("/unversioned?api_version=5", "any"),
    ],
)
def test_choice(versioned: hug.API, url: str, expected) -> None:
    """The URL or the query names a version; an interface without versions takes the others."""
    assert hug.test.get(versioned, url).data == expected


def test_header(versioned: hug.API) -> None:
    """A header names a version."""
    assert hug.test.get(versioned, "/x", headers={"X-API-VERSION": "1"}).data == 1


@pytest.mark.parametrize("url", ["/x", "/v4/x", "/v1/bare", "/vx/x", "/v-1/x", "/v1"])
def test_absent(versioned: hug.API, url: str) -> None:
    """A version that is not there is a URL that is not there."""
    assert hug.test.get(versioned, url).status == hug.HTTP_404


@pytest.mark.parametrize("url", ["/v1/x?api_version=2", "/x?api_version=one", "/x?api_version=1,2"])
def test_contradictions(versioned: hug.API, url: str) -> None:
    """Two versions, or no number, are the client's mistake."""
    response = hug.test.get(versioned, url)
    assert (response.status, list(response.data["errors"])) == (hug.HTTP_400, ["api_version"])


def test_routers_keep_numbers() -> None:
    """A router takes versions as `hug.versions` has it, and refuses what is none where it is written."""
    assert hug.get(versions=("1", 2, False, None)).route["versions"] == (1, 2, False, None)
    with pytest.raises(ValueError, match="version 'eight' is not a number"):
        hug.get(versions="eight")


def test_version_zero_is_a_version(api: hug.API) -> None:
    """Version 0 and requests without a version are answered by their own functions."""
    hug.get("/x", api=api, versions=0)(lambda: "zero")
    hug.get("/x", api=api, versions=False)(lambda: "none")
    hug.get("/y", api=api, versions=0)(lambda: "zero")
    assert hug.test.get(api, "/v0/x").data == "zero"
    assert hug.test.get(api, "/x?api_version=0").data == "zero"
    assert hug.test.get(api, "/x").data == "none"
    assert hug.test.get(api, "/y").status == hug.HTTP_404
    page = hug.test.get(api, "/nope").data["documentation"]
    assert (page["version"], page["versions"]) == (0, [0])
    assert page["handlers"]["/x"]["GET"]["examples"] == ["http://falconframework.org/v0/x"]


def test_a_version_of_any_length(api: hug.API) -> None:
    """A path with more digits than a number may have is a URL that is not there."""
    hug.get("/x", api=api, versions=1)(lambda: 1)
    hug.not_found(api=api, versions=1)(lambda: "first")
    for path in ("/v" + "9" * 5000, "/v" + "9" * 5000 + "/x", "/v\uff11/x"):
        assert hug.test.get(api, path).status == hug.HTTP_404
    assert hug.test.get(api, "/v1/nope").data == "first"


def test_not_found_without_a_version(api: hug.API) -> None:
    """A handler for requests without a version answers just those."""
    hug.not_found(api=api, versions=False)(lambda: "none")
    hug.not_found(api=api, versions=0)(lambda: "zero")
    assert hug.test.get(api, "/nope").data == "none"
    assert hug.test.get(api, "/v0/nope").data == "zero"
    assert "documentation" in hug.test.get(api, "/v1/nope").data


def test_reverse_urls(versioned: hug.API) -> None:
    """An interface tells its URLs, and fills in their fields."""

    @hug.get(["/a/{x}", "/a"], api=versioned, versions=(1, 2))
    def handler(x=None):
        return x

    interface = handler.interface.http
    assert interface.urls(1) == ["/v1/a/{x}", "/v1/a"]
    assert interface.urls() == []
    assert interface.url(2, x=5) == "/v2/a/5"
    assert interface.url(2) == "/v2/a"
    with pytest.raises(KeyError):
        interface.url(2, y=5)


@pytest.mark.parametrize("version", [None, 0, 1])
def test_reverse_urls_are_served(api: hug.API, version: int | None) -> None:
    """The URL that an interface tells is one that it answers: the version stands behind the base URL."""
    api.http.base_url = "/api"

    @hug.get("/a/{x}", api=api, versions=(version if version is not None else False,))
    def handler(x):
        return x

    url = handler.interface.http.url(version, x=5)
    assert url == ("/api/a/5" if version is None else f"/api/v{version}/a/5")
    assert hug.test.get(api, url).data == "5"
