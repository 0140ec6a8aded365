"""One client: writing to it without waiting, and noticing that it has left."""
