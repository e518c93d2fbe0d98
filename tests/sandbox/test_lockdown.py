"""A locked worker, tried from inside: one worker per tier and question."""

from __future__ import annotations

import json
import os
import platform
import sys
import tempfile
from pathlib import Path

import pytest
import torch

from autograder.model import Tier
from autograder.sandbox import host, namespaces, seccomp, view

ROOT = Path(__file__).resolve().parents[2]
SCRATCH = namespaces.SCRATCH.strip("/")
ASK = """
from pathlib import Path
from tempfile import gettempdir

@task("a")
def check_ask(student):
    '''asks'''
    raise CheckFailed(json.dumps(student.{question}))
"""
CALLS = seccomp._ARCHITECTURES[platform.machine()].numbers if seccomp.supported() else {}
ELSEWHERE = {  # what may not be reached from inside, by any tier
    "the project": ROOT / "pyproject.toml",
    "the engine": ROOT / "autograder" / "grade.py",
    "the checks": ROOT / "autograder" / "checks",
    "the solutions": ROOT / "solutions",
    "the history": ROOT / ".git",
    "the tests": Path(__file__),
    "users": Path("/etc/shadow"),
    "passwords of root": Path("/root/.bashrc"),
    "homes": Path("/home"),
    "the machine's name": Path("/etc/hostname"),
    "sockets of services": Path("/run"),
    "logs": Path("/var"),
    "programs of the system": Path("/usr/bin"),
    "disks": Path("/sys"),
    "memory": Path("/dev/mem"),
    "a terminal": Path("/dev/tty"),
}


@pytest.fixture
def ask(toys, submission, tier):
    """Ask a locked worker a question of `submissions/probes.py`."""

    def answer(question, **options):
        checks = ASK.format(question=question)
        result = toys.results(submission("probes"), checks, tiers=(tier,), **options)["check_ask"]
        return json.loads(result.message)

    return answer


@pytest.fixture
def layers(isolations, tier):
    """The layers that hold in this tier here."""
    return isolations[tier].layers


def test_the_announced_layers_hold_or_are_named_as_missing(isolations, tier):
    isolation = isolations[tier]
    missing = {one.layer for one in isolation.missing}
    assert isolation.tier is tier
    assert not missing & set(isolation.layers)
    assert {"clean-birth", "limits", "no-new-privileges", "syscall-filter"} <= {*isolation.layers}
    assert all(one.reason for one in isolation.missing)
    if tier is Tier.FULL:
        assert {"namespaces", "own-root"} <= set(isolation.layers)


def test_every_denied_system_call_is_refused(ask):
    denied = {name: CALLS[name] for name in seccomp.denied_calls()}
    assert len(denied) > 50
    assert ask(f"calls({denied})") == dict.fromkeys(denied, "EPERM")


def test_calls_that_may_aim_at_others_reach_this_process_only(ask):
    got = ask(f"some_calls({CALLS})")
    assert got.pop("clone3") == "ENOSYS"
    assert got.pop("kill itself") == 0
    assert got.pop("prlimit64 itself") == 0
    assert got.pop("kill") == ["EPERM"] * 4
    assert set(got.values()) == {"EPERM"}


def test_no_socket_of_any_family_opens(ask):
    assert set(ask("sockets()").values()) == {"EAFNOSUPPORT"}


def test_no_process_starts(ask):
    got = ask("processes()")
    assert got.pop("system") != 0
    assert set(got.values()) <= {"EPERM", "EACCES"}


def test_python_torch_and_the_shown_folders_are_visible(ask, toys, tmp_path):
    shown = tmp_path / "data"
    shown.mkdir()
    paths = [os.__file__, torch.__file__, str(shown), sys.executable, "/dev/null", "/dev/urandom"]
    visible = view.visible((shown,), hidden=(ROOT,))
    assert ask(f"opened({paths})", visible=visible) == paths


def test_nothing_else_of_the_machine_is_visible(ask, toys):
    paths = [str(path) for path in ELSEWHERE.values()]
    others = [
        str(toys.folder),
        __file__,
        tempfile.gettempdir() + "/worker-",
        f"/proc/{os.getpid()}",
    ]
    assert ask(f"opened({paths + others})") == []


def test_the_check_and_the_grader_are_out_of_reach(ask):
    mine = "[__file__, *(f'/proc/{os.getpid()}/' + one for one in ('environ', 'mem', 'fd'))]"
    assert ask(f"opened({mine})") == []


def test_only_the_ways_to_what_is_shown_exist(ask, tier):
    if tier is not Tier.FULL:
        pytest.skip("only a root of its own hides names")
    shown = view.visible((), hidden=(ROOT, ROOT / "autograder"))
    ways = {path.split("/")[1] for path in shown}
    assert set(ask("listed('/')")) <= ways | {"dev", "proc", "etc", "tmp", SCRATCH}
    below_root = {path.split("/")[2] for path in shown if path.startswith("/root/")}
    assert ask("listed('/root')") in ([*sorted(below_root)], "ENOENT")
    assert ask("listed('.')") == []


def test_only_the_scratch_folder_can_be_written(ask, tier, tmp_path):
    folders = ["/", "/usr/lib", "/etc", "/dev", "/proc", "/var/tmp", sys.prefix, str(tmp_path)]
    folders += [str(Path(torch.__file__).parent), str(ROOT), os.path.dirname(os.__file__)]
    assert ask(f"written({folders})") == []
    folder, kept, announced = ask("scratch()")
    assert (kept, announced) == ("kept", folder)
    assert (folder == namespaces.SCRATCH) is (tier is Tier.FULL)


def test_the_scratch_of_another_worker_is_out_of_reach(ask, tier):
    if tier is not Tier.REDUCED:
        pytest.skip("in a root of its own there is no other scratch")
    scratches = "[str(one) for one in Path(gettempdir()).glob('worker-*')]"
    assert len(ask(f"written({scratches})")) == 1
    assert ask("listed('..')") == "EACCES"


def test_the_scratch_of_a_worker_goes_with_it(ask, toys, tier):
    folder, *_ = ask("scratch()")
    toys.events(toys.job("", "\n@task('a')\ndef check_a(student):\n    '''a'''\n", tiers=(tier,)))
    assert not Path(folder, "note").exists()


def test_there_is_no_network_but_the_loop(ask, layers):
    if "own-proc" not in layers:
        pytest.skip("no /proc to read it from; no socket opens either")
    assert ask("interfaces()") == ["lo"]


def test_there_is_no_other_process(ask, tier, layers):
    if tier is not Tier.FULL:
        assert ask("listed('/proc')") == "EACCES"
        return
    assert ask("identity()")["pid"] == 1
    if "own-proc" in layers:
        assert [name for name in ask("listed('/proc')") if name.isdigit()] == ["1"]


def test_the_worker_has_no_rights_and_gains_none(ask, layers):
    got = ask("identity()")
    assert got["capabilities"] == [0] * 6
    assert got["bounding"] == [] or os.geteuid() != 0
    assert (got["no_new_privileges"], got["seccomp"]) == (1, 2)
    assert got["session_leader"]
    assert got["threads"] == 1
    if "own-user" in layers:
        assert len(set(got["ids"])) == 1
        assert got["ids"][0] > 1000
        assert got["groups"] == []


def test_limits_hold(ask, layers):
    got = ask("limits()", limits={"scratch_mb": 3, "threads": 20})
    assert got["CORE"] == [0, 0]
    assert got["FSIZE"] == [3 * 1024 * 1024] * 2
    assert got["NOFILE"] == [256, 256]
    assert 0 < got["CPU"][1] < 200
    assert got["AS"][1] > 0
    if "thread-limit" in layers:
        assert got["NPROC"] == [20, 20]


def test_only_its_own_descriptors_are_open(ask):
    assert ask("descriptors()") == [0, 1, 2, 3]


def test_nobody_types(ask):
    assert ask("standard_input()") == ""


def test_the_environment_is_the_constant_one(ask):
    got = ask("environment()")
    assert got.pop("HOME") == got.pop("TMPDIR") != str(Path.home())
    folder = got.pop("AUTOGRADER_DATA")
    assert Path(folder).parts[-2:] == ("datasets", "local")
    assert got == {k: v for k, v in host._ENVIRONMENT.items() if k != "HOME"}


def test_threads_are_bounded_where_they_can_be_counted(ask, layers):
    if "thread-limit" not in layers:
        pytest.skip("threads are counted for a user of its own only")
    assert 0 < ask("threads(100)", limits={"threads": 32}) < 32


def test_files_are_bounded(ask, tier):
    assert ask("large_file(5)", limits={"scratch_mb": 4}) == "EFBIG"
    if tier is Tier.FULL:
        assert ask("fill(8)", limits={"scratch_mb": 4}) < 5
