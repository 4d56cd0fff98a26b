"""A process that is killed while it writes: every put that returned is there."""

import random
import subprocess
import sys
import time

import pytest

from emulator.storage.database import Database

# Says each number after its put returned; batches of two keys are there with both or not at all.
WRITER = """
import sys
from pathlib import Path
from emulator.storage.database import Database
memory = Database.open(Path(sys.argv[1])).memory("CP1")
number = int(sys.argv[2])
print("ready", flush=True)
while True:
    number += 1
    with memory.batch():
        memory.put("left", str(number), "x" * (number % 3000))
        memory.put("right", str(number), number)
    memory.put("latest", "number", number)
    print(number, flush=True)
"""


@pytest.mark.skipif(not hasattr(subprocess.Popen, "kill"), reason="needs a signal that cannot be caught")
def test_every_put_that_returned_survives_a_kill(tmp_path):
    randomness = random.Random(6)
    number = 0
    for _ in range(6):
        before = number
        number = write_until_killed(tmp_path, before, randomness.uniform(0.01, 0.1))
        assert number > before
        with Database.open(tmp_path) as database:
            memory = database.memory("CP1")
            left, right = dict(memory.items("left")), dict(memory.items("right"))
            latest = memory.get("latest", "number")
            assert latest >= number
            assert left.keys() == right.keys()
            assert list(right.values()) == list(range(1, len(right) + 1))
            assert latest <= len(right) <= latest + 1
            number = len(right)


def write_until_killed(folder, number, seconds):
    command = [sys.executable, "-c", WRITER, str(folder), str(number)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout.readline() == "ready\n"
        first = process.stdout.readline()
        time.sleep(seconds)
        process.kill()
        # What follows the last end of a line may be cut.
        said = (first + process.stdout.read()).split("\n")[:-1]
    return int(said[-1])
