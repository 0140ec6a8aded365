"""Every format; JSON of every kind of value; formats that depend on the request."""

from ..exchanges import Request, get

NAMES = """
    text unicode number float exponent nan infinite true none list tuple set frozenset dict
    number_keys empty empty_list empty_text zero false pair date datetime aware time timedelta bytes
    binary decimal uuid native thing generator map range ordered default_dict deque keys
"""

CASES = [
    *(get(f"/json/{name}") for name in NAMES.split()),
    *(get(f"/pretty/{name}") for name in ("text", "list", "dict", "empty", "none", "date")),
    *(get(f"/camel/{name}") for name in ("camel", "list", "none", "pair", "text")),
    *(
        get(f"/text/{name}")
        for name in ("text", "unicode", "number", "none", "list", "bytes", "date", "file")
    ),
    *(
        get(f"/html/{name}")
        for name in ("text", "unicode", "number", "none", "dict", "bytes", "rendered", "file")
    ),
    get("/json/file"),
    get("/json/nowhere"),
    get("/file?name=a.txt"),
    get("/file?name=index.html"),
    get("/file?name=data.json"),
    get("/file?name=style.css"),
    get("/file?name=dot.png"),
    get("/file?name=blob.bin"),
    get("/file?name=noextension"),
    get("/file?name=nowhere.txt"),
    get("/file"),
    get("/file?name=a.txt", Range="bytes=0-4"),
    get("/file?name=a.txt", Range="bytes=6-"),
    get("/file?name=a.txt", Range="bytes=-5"),
    get("/file?name=a.txt", Range="bytes=0-0"),
    get("/file?name=a.txt", Range="bytes=100-200"),
    get("/file?name=a.txt", Range="lines=1-2"),
    Request("HEAD", "/file?name=a.txt"),
    get("/open_file"),
    get("/open_file?name=dot.png"),
    get("/missing_file"),
    *(get(f"/png?kind={kind}") for kind in ("path", "missing", "savable", "rendered", "file", "none")),
    get("/png_number?number=x"),
    get("/png_number?number=1"),
    get("/jpg"),
    get("/svg"),
    get("/own_image"),
    get("/mp4"),
    get("/mp4?kind=rendered"),
    get("/mp4", Range="bytes=0-3"),
    get("/own"),
    get("/no_keywords"),
    get("/streamed"),
    get("/on_valid?number=1"),
    get("/on_valid?number=x"),
    get("/on_valid_or_text?number=1"),
    get("/on_valid_or_text?number=x"),
    get("/accept"),
    get("/accept", Accept="application/json"),
    get("/accept", Accept="text/plain"),
    get("/accept", Accept="text/html, text/plain;q=0.5"),
    get("/accept", Accept="text/html;q=0.1, text/plain;q=0.5"),
    get("/accept", Accept="text/*"),
    get("/accept", Accept="*/*"),
    get("/accept", Accept="image/png"),
    get("/accept", Accept="nonsense"),
    get("/accept_default"),
    get("/accept_default", Accept="image/png"),
    get("/accept_default", Accept="text/plain"),
    get("/typed", Content_Type="application/json"),
    get("/typed", Content_Type="text/plain"),
    get("/typed", Content_Type="image/png"),
    get("/suffixed.json"),
    get("/suffixed.txt"),
    get("/suffixed.other"),
    get("/before/it"),
    get("/other/it"),
    get("/neither/it"),
    get("/late_type"),
    get("/converted"),
    get("/to_text"),
]
