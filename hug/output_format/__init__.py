"""Output formats: ``f(data, request=None, response=None) -> bytes`` that carry their ``content_type``."""

from hug.json_module import convert as _json_converter
from hug.json_module import register as json_convert
from hug.output_format.data import html, json, json_camelcase, pretty_json, text

__all__ = ["_json_converter", "html", "json", "json_camelcase", "json_convert", "pretty_json", "text"]
