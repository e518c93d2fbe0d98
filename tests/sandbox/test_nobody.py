"""A grading by a user without rights: what an unprivileged container or a laptop offers."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest

from autograder.sandbox import view

ROOT = Path(__file__).resolve().parents[2]
PROGRAM = Path(__file__).parent / "submissions" / "grade_plainly.py"
NOBODY = 65534
REFUSED = "Permission denied"
# Where Python lies in a folder of root's, that folder is opened in a mount namespace of its own:
# the same Python at the same place, in a folder that others may enter.
OPENED = """
set -e
kept="$3/python"
mkdir "$kept"
mount --rbind "$1" "$kept"
mount -t tmpfs -o mode=755 none "$2"
mkdir -p "$1"
mount --rbind "$kept" "$1"
shift 3
exec setpriv --reuid=65534 --regid=65534 --clear-groups "$@"
"""


@pytest.fixture
def folder():
    """A folder that any user may write; pytest's own are closed to others."""
    with tempfile.TemporaryDirectory(dir="/tmp") as path:
        os.chmod(path, 0o777)
        yield path


@pytest.fixture
def as_nobody(folder):
    """Run a Python program as a user who owns nothing."""
    if os.geteuid() != 0:
        return lambda *arguments: subprocess.run(arguments, capture_output=True, text=True)
    prefix = Path(sys.base_prefix).resolve()
    closed = [parent for parent in prefix.parents if not os.stat(parent).st_mode & 0o001]
    if not view.traversable_by_others([str(ROOT / "autograder"), sys.prefix + "/bin"]):
        pytest.skip("the project lies in a folder that other users may not enter")
    if not closed:
        return lambda *arguments: subprocess.run(
            arguments, capture_output=True, text=True, user=NOBODY, group=NOBODY, extra_groups=[]
        )
    if not (shutil.which("unshare") and shutil.which("setpriv") and shutil.which("mount")):
        pytest.skip("Python lies in a folder that other users may not enter")
    opening = ("unshare", "--mount", "sh", "-c", OPENED, "sh", str(prefix), str(closed[-1]), folder)
    return lambda *arguments: subprocess.run([*opening, *arguments], capture_output=True, text=True)


@pytest.mark.parametrize("tiers", [("full", "reduced"), ("reduced",)], ids="-".join)
def test_a_user_without_rights_can_grade_safely(tiers, as_nobody, folder):
    ended = as_nobody(sys.executable, PROGRAM, folder, *tiers)
    if "mount" in ended.stderr or "unshare" in ended.stderr:
        pytest.skip(ended.stderr)
    assert ended.returncode == 0, ended.stderr
    user, layers, attempts = json.loads(ended.stdout)
    assert user == (os.geteuid() or NOBODY)
    assert {"landlock", "syscall-filter", "no-new-privileges", "limits"} <= set(layers)
    opening, connecting, forking, killing, writing = attempts
    assert opening in (REFUSED, "No such file or directory")
    assert connecting == "Address family not supported by protocol"
    assert (forking, killing, writing) == (*["Operation not permitted"] * 2, "")
