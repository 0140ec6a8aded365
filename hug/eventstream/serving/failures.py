"""What the developer is told about a source that failed, beside its traceback."""

STREAM_HAS_BEGUN = (
    ". Its stream has begun, too late for another status: raise HTTP errors in the handler that returns the "
    "source, before it does"
)


def hint(error: BaseException) -> str:
    """Return what to say of ``error`` behind the fact that a source failed; nothing for most."""
    if hasattr(error, "status") and (hasattr(error, "title") or hasattr(error, "text")):
        return STREAM_HAS_BEGUN
    if isinstance(error, SystemExit):
        return ". sys.exit() in a source ends that source, not the process"
    return ""
