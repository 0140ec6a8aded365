"""Servers and files that keep the events of channels for several processes, each behind one protocol."""
