"""A command line that holds a word everywhere it can: argv, environment, memory, paths, checks."""

import json
import os
import sys
from pathlib import Path

from autograder import catalog
from autograder.model import Assignment, Limits, Task, Tier
from autograder.sandbox import view
from autograder.sandbox.host import Launcher
from autograder.sandbox.job import Earned, Job

CHECKS = """
import json
from autograder.kit import *

WORD = "{word}"

@task("{word}")
def check_finds_nothing(student):
    '''{word}'''
    raise CheckFailed(json.dumps([len(WORD), student.probe()]))

@task("{word}")
def check_finds_what_is_planted(student):
    '''{word}'''
    raise CheckFailed(json.dumps([len(WORD), student.control()]))
"""


def main(word, folder, submission, tier):
    kept = [word.encode() * 100 for _ in range(100)]
    half = len(word) // 2
    text = Path(submission).read_text().replace("@FIRST@", word[:half])
    text = text.replace("@SECOND@", word[half:])
    file = Path(folder, word, "check_hidden.py")
    file.parent.mkdir()
    file.write_text(CHECKS.format(word=word))
    with Launcher() as launcher:
        job = _job(word, file, text, Tier(tier))
        list(launcher.grade(job.model_copy(update={"checks": ()})))
        events = list(launcher.grade(job))  # its workers are born after a grader knew the word
    results = {e.result.name: e.result.message for e in events if isinstance(e, Earned)}
    print(json.dumps([len(kept), os.environ["CANARY"] == word, results]))


def _job(word, file, text, tier):
    limits = Limits(call_s=60, check_s=120, memory_mb=2048)
    task = Task(name=word, title=word, points=1)
    return Job(
        assignment=Assignment(
            slug="toy", title=word, files=("toy.py",), limits=limits, tasks=(task,)
        ),
        files={"toy.py": text},
        checks=catalog.read_file(file),
        settled={},
        check_files=(file,),
        figure_files=(),
        tiers=(tier,),
        device="cpu",
        visible=view.visible((), hidden=(Path(word),)),
        seed=1,
    )


if __name__ == "__main__":
    main(*sys.argv[1:])
