"""The wire format: one event as bytes, bytes as events, and what a client says of where it left off. Pure."""
