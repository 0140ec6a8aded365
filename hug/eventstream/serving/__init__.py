"""One event stream as the answer to one request, from its first byte to its source's last line."""
