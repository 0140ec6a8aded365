"""Event streams for any ASGI application. Each room may import those before it:

wire, history, brokers, connection, sources, loop, channels, serving.
"""
