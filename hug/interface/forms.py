"""Bodies that are forms with files: which of them are read as they come, and what a function gets of one."""

from __future__ import annotations

from typing import Any, Final

from hug.exceptions import BodyUnreadable
from hug.flexible import Flexible
from hug.input_format.data import codec
from hug.input_format.form_data import FormParser, by_name, multipart
from hug.interface.binding import Binding
from hug.interface.input_formats import media_type
from hug.types.uploaded import File
from hug.web.body import unreadable
from hug.web.errors import HTTPContentTooLarge
from hug.web.request import Request
from hug.web.uploads import Form, FormTooLarge

FORM: Final = "multipart/form-data"

close: Final = Flexible(Form.close)
"""Deletes the files of a form."""


def is_streamed(request: Request, formatter: Any) -> bool:
    """Return whether a body that ``formatter`` reads is read as it comes, rather than handed over whole."""
    return formatter is multipart and request.untouched


async def read(request: Request, max_members: int, max_memory: int, max_upload: int, timeout: float) -> Form:
    """Return the form that a request brings; the arguments are those of `Request.read_form`.

    Raises:
        HTTPError: It is too large, too slow, or none.
    """
    if request.form is not None:
        return request.form
    _, parameters = media_type(request.content_type)
    charset = parameters.get("charset", "utf-8")
    try:
        codec(charset)
        parser = FormParser(parameters.get("boundary"), max_members)
    except BodyUnreadable as error:
        raise unreadable(request.scope, str(error)) from None
    return await request.read_form(parser, charset, max_memory, max_upload, timeout)


class FormFields:
    """What a function takes of a form.

    Attributes:
        asynchronous: See `hug.interface.execution.Callee`: files may have to be read.
    """

    asynchronous = False

    def __init__(self, binding: Binding) -> None:
        fields = {field.external: field.convert for field in binding.fields}
        self._as_files = frozenset(name for name, convert in fields.items() if isinstance(convert, File))
        takes_all = binding.takes_any or "body" in binding.injected
        self._wanted = None if takes_all else frozenset(fields)

    def __call__(self, form: Form) -> dict[str, Any]:
        """Return the values by name: a file as its bytes, unless the function's parameter takes it as such.

        Raises:
            HTTPContentTooLarge: The bytes are more than may be in memory.
        """
        try:
            return by_name(form.given(self._as_files, self._wanted))
        except FormTooLarge:
            what = "The files are too large for where they are wanted as bytes."
            raise HTTPContentTooLarge(None, what) from None
