"""What coverage needs of threads does not come and go with the machine's load."""

import subprocess
import sys

import pytest

SECONDS = 60
STARTS_AT_ONCE = """
import os, sys, threading
from tests.tracing import begin_threads_one_at_a_time

traced, dead = [], []

def install(frame, event, arg):
    sys.settrace(None)
    sys.settrace(keep)
    return keep

def keep(frame, event, arg):
    return keep

def let_others_run(event, arguments):
    if event == "sys.settrace":
        for _ in range(50):
            os.stat('/')

sys.addaudithook(let_others_run)
threading.excepthook = dead.append
threading.settrace(install)
if sys.argv[1] == "in turn":
    begin_threads_one_at_a_time()
for _ in range(10):
    threads = [threading.Thread(target=lambda: traced.append(sys.gettrace())) for _ in range(10)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
print(len(traced) - traced.count(None))
"""


@pytest.mark.skipif(sys.version_info >= (3, 12), reason="a fault of CPython 3.11")
@pytest.mark.parametrize(("how", "all_of_them"), [("in turn", True), ("at once", False)])
def test_each_thread_that_begins_while_others_do_is_traced(how: str, *, all_of_them: bool) -> None:
    program = [sys.executable, "-c", STARTS_AT_ONCE, how]
    ran = subprocess.run(program, capture_output=True, text=True, check=True, timeout=SECONDS)
    assert (int(ran.stdout) == 100) == all_of_them
