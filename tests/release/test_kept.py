"""The proof of a stub, given stubs that `make` would never write."""

from __future__ import annotations

import pytest

from autograder.errors import ReleaseError
from autograder.release.kept import prove
from autograder.release.regions import find

PATH = "solutions/gan/gan.py"
REFERENCE = """\
class A(list):
    pass


def f(x: int) -> int:
    # BEGIN SOLUTION
    return 1
    # END SOLUTION
"""


@pytest.mark.parametrize(
    ("stub", "line", "reason"),
    [
        (
            "class A(list):\n    pass\ndef f(x: int) -> int:\n    pass\n    # END SOLUTION\n",
            1,
            "line 5 of the stub would still read END SOLUTION.",
        ),
        (
            "class A(list):\n    pass\ndef f(x: int, y: int) -> int:\n    pass\n",
            5,
            "the stub would change the signature or the docstring of f.",
        ),
        (
            "class A(list):\n    pass\n",
            5,
            "the stub would change the signature or the docstring of f.",
        ),
        (
            "class A:\n    pass\ndef f(x: int) -> int:\n    pass\n",
            1,
            "the stub would change the signature or the docstring of A.",
        ),
        (
            "class A(list):\n    pass\n@g\ndef f(x: int) -> int:\n    pass\n",
            5,
            "the stub would change the signature or the docstring of f.",
        ),
    ],
)
def test_a_stub_that_differs_is_refused(stub, line, reason):
    with pytest.raises(ReleaseError) as caught:
        prove(REFERENCE, stub, find(REFERENCE, PATH), PATH)
    assert str(caught.value) == f"{PATH}:{line}: {reason} Nothing was written."
