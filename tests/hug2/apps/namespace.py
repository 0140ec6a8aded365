"""What is found where in hug. Printed by a script."""

import importlib

import hug

NAMES = """
    API HTTP_200 HTTP_204 HTTP_301 HTTP_400 HTTP_404 HTTP_409 HTTP_418 HTTP_500 HTTP_NOT_FOUND HTTP_OK HTTP_CREATED
    HTTPError HTTPBadRequest HTTPNotFound HTTPStatus HTTPMissingParam HTTPInvalidParam HTTP_METHODS Request Response
    MEDIA_JSON MEDIA_HTML MEDIA_TEXT before after falcon HTTP_REQUEST_ENTITY_TOO_LARGE HTTP_413 HTTP_408
    api authentication decorators defaults development_runner directives exceptions format input_format interface
    introspect json_module middleware output_format redirect route routing test transform types use validate
    type object call http get post put patch delete head options trace connect get_post cli local sink static
    exception not_found startup directive default_output_format default_input_format request_middleware
    response_middleware reqresp_middleware middleware_class extend_api context_factory delete_context wraps
"""

OF_MODULES = {
    "api": """
        API CLIInterfaceAPI HTTPInterfaceAPI from_object
    """,
    "authentication": """
        api_key authenticator basic token verify
    """,
    "decorators": """
        auto_kwargs context_factory default_input_format default_output_format delete_context
        directive extend_api middleware_class reqresp_middleware request_middleware
        response_middleware startup wraps
    """,
    "defaults": """
        cli_output_format context_factory delete_context output_format
    """,
    "directives": """
        CurrentAPI Timer api api_version cors documentation module session user
    """,
    "exceptions": """
        InvalidTypeData SessionNotFound StoreKeyNotFound
    """,
    "format": """
        camelcase content_type parse_content_type underscore
    """,
    "input_format": """
        json json_underscore multipart text urlencoded
    """,
    "interface": """
        CLI HTTP Interfaces
    """,
    "introspect": """
        arguments generate_accepted_kwargs is_coroutine is_method name takes_all_arguments
        takes_args takes_arguments takes_kwargs
    """,
    "middleware": """
        CORSMiddleware LogMiddleware SessionMiddleware
    """,
    "output_format": """
        accept avi_video bmp_image cur_image dcx_image eps_image file flc_image fli_image flv_video
        gbr_image gd_image gif_image html icns_image ico_image im_image image imt_image iptc_image
        jpeg_image jpg_image json json_camelcase json_convert m3u8_video mcidas_image mov_video
        mp4_video mpo_image msp_image naa_image on_content_type on_valid pcd_image pcx_image
        png_image ppm_image prefix pretty_json psd_image sgi_image spider_image suffix svg_image
        svg_xml_image text tga_image tiff_image ts_video video wal_image webp_image wmv_video
        xbm_image xpm_image
    """,
    "redirect": """
        found not_found permanent see_other temporary to
    """,
    "route": """
        API Object call cli exception http local not_found object sink static
    """,
    "routing": """
        CLIRouter ExceptionRouter HTTPRouter InternalValidation LocalRouter NotFoundRouter Router
        SinkRouter StaticRouter URLRouter
    """,
    "store": """
        InMemoryStore
    """,
    "test": """
        call cli
    """,
    "transform": """
        all content_type prefix suffix
    """,
    "types": """
        Chain CutOff DelimitedList GreaterThan InRange InlineDictionary JSON Length LessThan
        LongerThan Mapping MarshmallowInputSchema MarshmallowReturnSchema Multi Multiple NewTypeMeta
        Nullable OneOf Schema ShorterThan SmartBoolean SubTyped Text Type TypedProperty accept
        boolean comma_separated_list create cut_off decimal delimited_list float_number greater_than
        in_range inline_dictionary json length less_than longer_than mapping multi multiple number
        one_of shorter_than smart_boolean text uuid
    """,
    "use": """
        HTTP Local Response Service Socket
    """,
    "validate": """
        all any contains_one_of
    """,
}


def show(name, call):
    try:
        print(name, repr(call()))
    except Exception as error:
        print(name, type(error).__name__, error)


@hug.get()
@hug.cli()
def hugged(a: int = 1, *, b=2):
    return a


class Methods:
    def method(self, a, b=1):
        pass


def plain(a, b=2, *args, **kwargs):
    pass


async def coroutine():
    pass


if __name__ == "__main__":
    import hug.store

    for name in NAMES.split():
        value = getattr(hug, name, "missing")
        print(name, value if isinstance(value, str) else "is there")
    for module, names in OF_MODULES.items():
        of_module = importlib.import_module(f"hug.{module}")
        print(module, [name for name in names.split() if hasattr(of_module, name)])
    show("same type", lambda: hug.type is hug.types.create)
    show("same call", lambda: hug.call is hug.http)
    show("methods", lambda: sorted(hug.HTTP_METHODS))
    show("plain call", lambda: hugged(5))
    show(
        "has interface",
        lambda: [hasattr(hugged.interface, name) for name in ("http", "cli", "local", "api", "spec")],
    )
    show("spec", lambda: hugged.interface.spec is hugged)
    show("module attributes", lambda: [name for name in ("__hug__", "__hug_wsgi__") if name in globals()])
    show("same api", lambda: hug.API(__name__) is hug.API(__name__) is __hug__)
    show("api attributes", lambda: [__hug__.name, __hug__.doc, __hug__.module.__name__, __hug__.future])
    show("api context", lambda: __hug__.context)
    show("anonymous", lambda: [type(hug.API()).__name__, hug.API().name])
    show("new name", lambda: hug.API("a_new_name").module.__name__)
    show("handlers", lambda: [type(each).__name__ for each in __hug__.handlers()])
    show("directives", lambda: sorted(__hug__.directives()))
    show(
        "directive",
        lambda: [__hug__.directive("timer").__name__, __hug__.directive("no"), __hug__.directive("no", 1)],
    )
    show("urls", lambda: list(__hug__.http.urls()))
    show("versions", lambda: __hug__.http.versions)
    show("input format", lambda: __hug__.http.input_format("application/json").__name__)
    show("output format", lambda: __hug__.http.output_format.__name__)
    show("middleware", lambda: __hug__.http.middleware)
    show(
        "store",
        lambda: [
            name for name in ("get", "exists", "set", "delete") if hasattr(hug.store.InMemoryStore, name)
        ],
    )
    show("store missing", lambda: hug.store.InMemoryStore().get("x"))
    show(
        "invalid type data",
        lambda: [
            hug.exceptions.InvalidTypeData("m", ["r"]).message,
            hug.exceptions.InvalidTypeData("m", ["r"]).reasons,
        ],
    )
    show("underscore", lambda: hug.format.underscore("camelCaseText"))
    show("camelcase", lambda: hug.format.camelcase("under_scored_text"))
    show("parse content type", lambda: hug.format.parse_content_type("text/html; charset=latin-1"))
    show("parse bare type", lambda: hug.format.parse_content_type("text/html"))
    show("content type", lambda: hug.format.content_type("x/y")(lambda data: data).content_type)
    show("is method", lambda: [hug.introspect.is_method(Methods().method), hug.introspect.is_method(plain)])
    show(
        "is coroutine",
        lambda: [bool(hug.introspect.is_coroutine(coroutine)), bool(hug.introspect.is_coroutine(plain))],
    )
    show("name", lambda: hug.introspect.name(plain))
    show("arguments", lambda: [hug.introspect.arguments(plain), hug.introspect.arguments(Methods().method)])
    show("takes kwargs", lambda: [hug.introspect.takes_kwargs(plain), hug.introspect.takes_args(plain)])
    show("takes arguments", lambda: sorted(hug.introspect.takes_arguments(plain, "a", "z")))
    show(
        "takes all",
        lambda: [
            hug.introspect.takes_all_arguments(plain, "a", "b"),
            hug.introspect.takes_all_arguments(plain, "a", "z"),
        ],
    )
    show(
        "accepted kwargs", lambda: hug.introspect.generate_accepted_kwargs(plain, "a", "z")({"a": 1, "z": 2})
    )
    show("route", lambda: hug.get("/x", versions=1, output=hug.output_format.text).route["urls"])
    show("route accept", lambda: hug.post().route["accept"])
    show("json dumps", lambda: hug.json_module.json.dumps({"a": 1}))
    show("default error", lambda: hug.HTTPBadRequest("T", "D").description)
    show("error status", lambda: hug.HTTPError(hug.HTTP_409, "T").status)
    show(
        "prefix transform",
        lambda: hug.transform.prefix({"/a": str.upper})("x", type("R", (), {"path": "/a/b"})()),
    )
    show(
        "suffix transform",
        lambda: hug.transform.suffix({".a": str.upper})("x", type("R", (), {"path": "/b.a"})()),
    )
    show(
        "content transform",
        lambda: hug.transform.content_type({"a/b": str.upper})("x", type("R", (), {"content_type": "a/b"})()),
    )
    show("all transforms", lambda: hug.transform.all(str.strip, str.upper)(" x "))
    show(
        "validators",
        lambda: [hug.validate.contains_one_of("a", "b")({}), hug.validate.contains_one_of("a")({"a": 1})],
    )
    show(
        "verify",
        lambda: [
            hug.authentication.verify("a", "b")("a", "b"),
            hug.authentication.verify("a", "b")("a", "c"),
        ],
    )
