"""What hug is like, in a few words: ``import hug.this`` prints them."""

from typing import Final

ZEN_OF_HUG: Final = """\
The Zen of hug

A function is enough.
What it takes is written where it takes it, and nowhere else.
A shell, a browser and another function may all call it: it need not know which.
What is wrong is told to whoever can mend it, in words, and all at once.
A stream that is open is a promise, and a promise has an end.
What waits keeps nobody else waiting.
What grows has a bound, and what is lost is counted.
Nothing happens because something was imported.
An old program is a guest: let it in, take its coat, mend what is torn.
The short way should be the right way.
If it is hard to explain, it is hard to hug.
"""

print(ZEN_OF_HUG, end="")
