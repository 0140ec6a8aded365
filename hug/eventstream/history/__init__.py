"""What a channel keeps, and what a reader at some position in it gets. Pure: no I/O, no clock."""
