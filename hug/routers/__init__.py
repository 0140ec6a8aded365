"""Routers: how a function is to be reached, as options that are given, chained and kept for later.

A router is a value. Every option is a keyword of its constructor and a method that returns a new router; as a
decorator it registers a function and returns it unchanged.
"""
