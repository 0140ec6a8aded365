"""hug beside hug 2.6.1: the same small apps, the same requests and command lines, the same answers.

`apps/` holds the apps, which run under both, one for each area; `cases/` what is asked of each; `recorded/`
what hug 2.6.1 answered, as ``python -m tests.hug2.record`` has written it; `differences.py` where hug answers
otherwise, and why.
"""
