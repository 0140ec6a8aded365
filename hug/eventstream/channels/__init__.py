"""Publish once, and every reader gets it: channels, and those who read them."""
