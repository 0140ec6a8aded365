"""``hug -f FILE -c COMMAND``."""

from ..exchanges import get, run


def by_hug(line: str):
    return run(f"hug -f run_by_hug.py -c {line}")


CASES = [
    by_hug("hello Tim"),
    by_hug("hello Tim --times 2"),
    by_hug("hello Tim -t 2 -l"),
    by_hug("hello Tim --times x"),
    by_hug("hello"),
    by_hug("add 1"),
    by_hug("add 1 --b 5"),
    by_hug("add x"),
    by_hug("as_json --name y"),
    by_hug("coroutine"),
    by_hug("nothing"),
    by_hug("both"),
    by_hug("unknown"),
    run("hug -m run_by_hug -c hello Tim"),
    run("hug --file run_by_hug.py --command add 3"),
    run("hug -f runner.py -c get"),
    run("hug -f exit_codes.py -c falsy"),
    run("hug -f exit_codes.py -c truthy"),
    run("hug -f command_class.py -c push"),
    get("/both"),
]
