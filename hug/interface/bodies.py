"""Bodies of requests: read within the limits of their API, and made into values by their content type."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from hug.exceptions import BodyUnreadable
from hug.input_format import multipart, urlencoded, urlencoded_as_sent
from hug.interface import forms
from hug.interface.binding import Binding, undivide
from hug.interface.exchange import Exchange
from hug.interface.input_formats import input_format, media_type
from hug.interface.protocols import Owner
from hug.types.annotations import beside_none, has_records, takes_list
from hug.types.form_records import form_record
from hug.web.request import Request
from hug.web.uploads import Form

_FORMS: Final = (urlencoded, urlencoded_as_sent)

_PLAIN: Final = (str, int, float, bool)
"""What is made of no file."""

AT_ONCE: Final = 64 * 1024
"""Most bytes of a body parsed on the event loop, if the function runs there: a few milliseconds of work."""


class Bodies:
    """Reads and parses the bodies that one function gets.

    Attributes:
        inputs: What reads bodies for this function alone, by media type.
    """

    def __init__(self, route: Mapping[str, Any], binding: Binding, api: Owner) -> None:
        """Prepare.

        Args:
            route: The options of the function.
            binding: Of the function.
            api: Where it belongs: its limits hold unless the route has others.
        """
        self.inputs: Mapping[str, Any] = route.get("inputs", {})
        self._api = api
        self._whole = binding.whole
        annotation = None if binding.body is None else binding.body.annotation
        self._record = None if annotation is None else form_record(annotation)
        kind = beside_none(annotation)
        self._as_it_is = kind is bytes or kind is bytearray
        self._of_json = has_records(kind) or takes_list(kind) or kind in _PLAIN
        self._parses: bool = route.get("parse_body", False)
        self._form_fields = forms.FormFields(binding)
        self._max_body: int | None = route.get("max_body")
        self._max_upload: int | None = route.get("max_upload")

    def is_upload(self, request: Request) -> bool:
        """Return whether the body is a form with files, which is read as it comes, if at all."""
        if not self._parses:
            return False
        kind, _ = media_type(request.content_type)
        return kind == forms.FORM and forms.is_streamed(request, self._input(forms.FORM))

    async def read(self, request: Request) -> bytes | Form:
        """Return the body, which may be empty; raise the error to answer with if it is too long or slow."""
        settings = self._api.http
        max_body = settings.max_body if self._max_body is None else self._max_body
        if self.is_upload(request):
            max_upload = settings.max_upload if self._max_upload is None else self._max_upload
            return await forms.read(
                request, settings.max_members, max_body, max_upload, settings.body_timeout
            )
        return await request.read(max_body, settings.body_timeout)

    async def parse(self, exchange: Exchange, data: bytes | Form) -> Any:
        """Return the value of a body; if nothing reads its content type the body as a file, or as its bytes.

        Raises:
            BodyUnreadable: It is not what its content type says; or nothing reads that, and the function
                takes a value that JSON has.
        """
        if isinstance(data, Form):
            return await exchange.execution.call(self._form_fields, data)
        kind, parameters = media_type(exchange.request.content_type)
        formatter = self._input(kind)
        if formatter is None:
            if self._as_it_is:
                return data
            if self._of_json:
                what = f"a body of {kind}" if kind else "a body without a Content-Type"
                raise BodyUnreadable(f"Nothing reads {what} here, send application/json")
            return exchange.request.stream
        if self._of_json and formatter in _FORMS and data[:1] in (b"{", b"["):  # curl -d says so of all
            raise BodyUnreadable("It is JSON, and its Content-Type says a form: send application/json")
        parse, limit = input_format(formatter), self._api.http.max_members
        if len(data) > AT_ONCE:
            value = await exchange.execution.call(parse, data, parameters, limit)
        else:
            value = await exchange.execution.resolve(parse(data, parameters, limit))
        if formatter is urlencoded and self._whole:
            as_sent = input_format(urlencoded_as_sent)
            undivide(self._whole, value, lambda: as_sent(data, parameters, limit))
        return value

    def whole(self, exchange: Exchange, data: bytes | Form, value: Any) -> Any:
        """Return what the parameter ``body`` gets: the value of a body; of a form, what a record takes."""
        record = self._record
        if record is None or not isinstance(value, dict):
            return value
        if isinstance(data, Form):
            return record(value)
        kind, parameters = media_type(exchange.request.content_type)
        formatter = self._input(kind)
        if formatter is urlencoded:
            as_sent, limit, value = input_format(urlencoded_as_sent), self._api.http.max_members, dict(value)
            undivide(record.whole, value, lambda: as_sent(data, parameters, limit))
        elif formatter not in (urlencoded_as_sent, multipart):
            return value
        return record(value)

    def _input(self, kind: str) -> Any:
        """Return what reads bodies of this media type."""
        return self.inputs.get(kind) or self._api.http.input_format(kind)
