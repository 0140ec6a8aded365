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
    """The header names one, too."""
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


@pytest.mark.parametrize(
    ("given", "kept"),
    [(1, (1,)), ("12", (12,)), (("1", 2), (1, 2)), (range(2, 4), (2, 3)), (None, (None,)), (False, (False,))],
)
def test_normalised(given, kept) -> None:
    """Versions may be given as numbers or texts, one or several."""
    assert hug.get(versions=given).route["versions"] == kept


@pytest.mark.parametrize("versions", ["eight", ("1", "x"), -1, ""])
def test_refused(versions) -> None:
    """What is no version is an error where it is written."""
    with pytest.raises(ValueError, match="version"):
        hug.get(versions=versions)


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
