"""What Redis's errors mean: whether to come again, and what to do about them."""

from typing import Final

import hiredis

ELSEWHERE: Final = ("READONLY", "LOADING", "MASTERDOWN", "CLUSTERDOWN", "TRYAGAIN", "BUSY", "MOVED")
"""How those begin that say: not now, or not here any more."""

FOR_GOOD: Final = (
    *("NOAUTH", "WRONGPASS", "NOPERM", "DENIED", "NOPROTO", "WRONGTYPE"),
    *("ERR DB index", "ERR invalid DB index", "ERR unknown command", "ERR The user executing the script"),
)
"""How those begin that somebody has to do something about."""


def begins(answer: object, *words: str) -> bool:
    """Whether an answer is an error that begins so."""
    return isinstance(answer, hiredis.ReplyError) and str(answer).startswith(words)


def explained(error: hiredis.ReplyError) -> str:
    """Return an error, and what to do about it if that is known."""
    text = str(error).rstrip(".")
    return next((f"{text}. {advice}" for word, advice in _ADVICE.items() if text.startswith(word)), text)


_PERMISSIONS: Final = (
    "The user needs +@connection +@scripting +@stream +@hash +@list +@string +@keyspace +@pubsub +time "
    "+info, the keys ~PREFIX:* and the channels &PREFIX:*, for the prefix of the URL, else hug"
)

_ADVICE: Final = {
    "NOAUTH": "Put the password into the URL: redis://:password@host",
    "WRONGPASS": "The user or the password of the URL is wrong",
    "NOPERM": _PERMISSIONS,
    "ERR The user executing the script": _PERMISSIONS,
    "DENIED": "Redis takes connections from its own machine only: set a password there",
    "WRONGTYPE": "Another program has a key of this name: give hug another prefix, with ?prefix=",
    "OOM": "Its memory is full: raise maxmemory, or keep less history",
    "MISCONF": "It cannot write to its disk: its log says why",
    "NOREPLICAS": "Too few of its replicas are there, by its min-replicas-to-write",
    "ERR DB index is out": "The number behind the last slash of the URL is a database's, 0 to 15 as a rule",
    "ERR unknown command": "hug needs Redis 7 or later, or Valkey",
}
