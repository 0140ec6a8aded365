"""What the streams of one event loop share: a timer, a pump, and the end of the process."""
