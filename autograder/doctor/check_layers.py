"""What every locked worker must be unable to do, tried from inside by the doctor's submission."""

import os
import sys
from pathlib import Path

from autograder.kit import assert_equal, call, task

_MB_OVER_THE_LIMIT = 4096
_MORE_THREADS_THAN_ALLOWED = 200


@task("no_process")
def check_no_process(student):
    """a submission cannot start a process"""
    assert_equal(student.processes(), [], call("processes"))


@task("no_network")
def check_no_network(student):
    """a submission cannot open a socket"""
    assert_equal(student.sockets(), [], call("sockets"))


@task("no_privileges")
def check_no_privileges(student):
    """a submission cannot gain rights"""
    assert_equal(student.privileges(), [], call("privileges"))


@task("no_strangers")
def check_no_strangers(student):
    """a submission cannot reach the grader's process"""
    assert_equal(student.strangers(os.getpid()), [], call("strangers"))


@task("no_secrets")
def check_no_secrets(student):
    """a submission cannot read the project, the grader's home or the system's secrets"""
    project = Path(__file__).resolve().parents[1]
    paths = [__file__, str(project / "checks"), os.path.expanduser("~/.profile"), "/etc/shadow"]
    assert_equal(student.readable(paths), [], call("readable"))


@task("no_traces")
def check_no_traces(student):
    """a submission cannot write outside its scratch folder"""
    folders = ["/", "/usr/lib", "/var/tmp", sys.prefix]
    assert_equal(student.writable(folders), [], call("writable"))
    assert_equal(student.scratch(), "kept", call("scratch"))


@task("no_descriptors")
def check_no_descriptors(student):
    """a submission inherits no open file but its own four"""
    assert_equal(student.descriptors(), [0, 1, 2, 3], call("descriptors"))


@task("bounded_memory")
def check_memory_is_bounded(student):
    """a submission cannot take more memory than its limit"""
    assert_equal(student.allocates(_MB_OVER_THE_LIMIT), False, call("allocates"))


@task("bounded_threads")
def check_threads_are_bounded(student):
    """a submission cannot start threads without end"""
    started = student.threads(_MORE_THREADS_THAN_ALLOWED)
    is_bounded = isinstance(started, int) and started < _MORE_THREADS_THAN_ALLOWED
    assert_equal(is_bounded, True, call("threads"), what="bounded")
