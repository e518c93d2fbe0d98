"""All that a check file may import."""

from autograder.kit.call import Call, call
from autograder.kit.failure import CheckFailed
from autograder.kit.gradients import assert_gradient
from autograder.kit.likely import likely
from autograder.kit.marks import needs, task
from autograder.kit.modules import buffers, load, parameters, state_of, vjp
from autograder.kit.raising import raises
from autograder.kit.randomness import Rng
from autograder.kit.remote import StudentError
from autograder.kit.tensors import (
    assert_close,
    assert_dtype,
    assert_no_graph,
    assert_shape,
    assert_tensor,
)
from autograder.kit.thresholds import assert_reaches
from autograder.kit.untouched import untouched
from autograder.kit.values import assert_equal, assert_record_fields

__all__ = [
    "Call",
    "CheckFailed",
    "Rng",
    "StudentError",
    "assert_close",
    "assert_dtype",
    "assert_equal",
    "assert_gradient",
    "assert_no_graph",
    "assert_reaches",
    "assert_record_fields",
    "assert_shape",
    "assert_tensor",
    "buffers",
    "call",
    "likely",
    "load",
    "needs",
    "parameters",
    "raises",
    "state_of",
    "task",
    "untouched",
    "vjp",
]
