"""hug: Python functions as HTTP endpoints and live event streams."""

__version__ = "3.0.0.dev0"
