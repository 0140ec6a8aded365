"""What an API tells about itself to programs: a document of OpenAPI 3.2, or 3.1. Pure: values in, values out.

Source: https://spec.openapis.org/oas/v3.2.0.html
"""

from hug.openapi.earlier import NEWEST, checked

__all__ = ["NEWEST", "checked"]
