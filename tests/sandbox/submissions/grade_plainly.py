"""A command line without any rights: grades one submission and tells how it went."""

import json
import os
import sys
from pathlib import Path

from autograder import catalog
from autograder.model import Assignment, Limits, Task, Tier
from autograder.sandbox import view
from autograder.sandbox.host import Launcher
from autograder.sandbox.job import Began, Earned, Job

CHECKS = """
import json
from autograder.kit import *

@task("a")
def check_value(student):
    '''tells what the submission finds'''
    raise CheckFailed(json.dumps(student.probe(__file__)))
"""
SUBMISSION = """
import os, socket

def attempt(function, *arguments):
    try:
        function(*arguments)
    except OSError as error:
        return error.strerror
    return ""

def probe(check_file):
    return [attempt(open, check_file), attempt(socket.socket), attempt(os.fork),
            attempt(os.kill, os.getppid() or 2, 9), attempt(open, "note", "w")]
"""


def main(folder, *tiers):
    file = Path(folder, "check_public.py")
    file.write_text(CHECKS)
    job = Job(
        assignment=Assignment(
            slug="toy",
            title="Toy",
            files=("toy.py",),
            limits=Limits(),
            tasks=(Task(name="a", title="a", points=1),),
        ),
        files={"toy.py": SUBMISSION},
        checks=catalog.read_file(file),
        settled={},
        check_files=(file,),
        figure_files=(),
        tiers=tuple(map(Tier, tiers)),
        device="cpu",
        visible=view.visible((), hidden=(file.parent,)),
        seed=1,
    )
    with Launcher() as launcher:
        events = list(launcher.grade(job))
    (isolation,) = [event.isolation for event in events if isinstance(event, Began)]
    (message,) = [event.result.message for event in events if isinstance(event, Earned)]
    print(json.dumps([os.getuid(), isolation.layers, json.loads(message)]))


if __name__ == "__main__":
    main(*sys.argv[1:])
