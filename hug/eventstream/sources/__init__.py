"""What makes the events of one stream: (async) iterables, on the event loop or in a thread."""
