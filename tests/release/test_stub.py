"""Stubs: golden ones, what stays byte for byte, and that what is generated still holds."""

from __future__ import annotations

import ast
import subprocess
import sys
import types

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from autograder.errors import ReleaseError
from autograder.release.stub import make

PATH = "solutions/gan/gan.py"

REFERENCE = '''\
"""Two networks at odds.

# BEGIN SOLUTION is only a phrase here.
"""

from __future__ import annotations

import functools

# BEGIN SOLUTION
import math
# END SOLUTION

LIMIT = 3


# BEGIN SOLUTION
def _pad(x: int) -> int:
    """Pad."""
    return x + math.floor(LIMIT)


# END SOLUTION
@functools.cache
def widen(x: int, *, by: int = LIMIT) -> int:
    """Widen by `by`."""
    # BEGIN SOLUTION
    if x:
        return _pad(x) * by

    return 0
    # END SOLUTION


class Generator:
    """Make pictures."""

    # BEGIN SOLUTION
    def _secret(self):
        return 1

    # END SOLUTION

    def forward(self, z):
        """From z to pictures."""
        if z is None:
            raise ValueError("z is None")
        else:
            # BEGIN SOLUTION
            y = """
# END SOLUTION
"""
            return y
            # END SOLUTION

    async def sample(self):
        # BEGIN SOLUTION
        return self._secret()
        # END SOLUTION

    # BEGIN SOLUTION
    size = 3
    # END SOLUTION


def outer():
    """Return the inner one."""

    def inner():
        # BEGIN SOLUTION
        return "é"
        # END SOLUTION

    return inner


# BEGIN SOLUTION
ANSWER = 42
# END SOLUTION
'''

STUB = '''\
"""Two networks at odds.

# BEGIN SOLUTION is only a phrase here.
"""

from __future__ import annotations

import functools

LIMIT = 3


@functools.cache
def widen(x: int, *, by: int = LIMIT) -> int:
    """Widen by `by`."""
    # TODO: write this function
    raise NotImplementedError("gan.py: widen is not written yet")


class Generator:
    """Make pictures."""

    def forward(self, z):
        """From z to pictures."""
        if z is None:
            raise ValueError("z is None")
        else:
            # TODO: write this part
            raise NotImplementedError("gan.py: Generator.forward is not written yet")

    async def sample(self):
        # TODO: write this function
        raise NotImplementedError("gan.py: Generator.sample is not written yet")


def outer():
    """Return the inner one."""

    def inner():
        # TODO: write this function
        raise NotImplementedError("gan.py: outer.inner is not written yet")

    return inner
'''


def refusal(source):
    with pytest.raises(ReleaseError) as caught:
        make(source, PATH)
    return str(caught.value)


def test_the_golden_stub():
    assert make(REFERENCE, PATH) == STUB


def test_the_golden_stub_is_formatted_as_the_project_formats():
    command = [sys.executable, "-m", "ruff", "format", "--line-length=100", "--isolated", "-"]
    done = subprocess.run(command, input=STUB, capture_output=True, text=True, check=True)
    assert done.stdout == STUB


def test_the_stub_runs_and_every_gap_raises():
    module = types.ModuleType("gan")
    exec(compile(make(REFERENCE, PATH), "gan.py", "exec"), module.__dict__)
    with pytest.raises(NotImplementedError, match=r"^gan\.py: widen is not written yet$"):
        module.widen(1)
    with pytest.raises(NotImplementedError, match=r"^gan\.py: Generator\.forward is not"):
        module.Generator().forward(0)
    with pytest.raises(ValueError, match="z is None"):
        module.Generator().forward(None)


def test_line_ends_tabs_and_a_missing_last_newline_stay():
    source = "def f():\r\n\t'''D.\r\n\t'''\r\n\t# BEGIN SOLUTION\r\n\treturn 1\r\n\t# END SOLUTION"
    assert make(source, PATH) == (
        "def f():\r\n\t'''D.\r\n\t'''\r\n\t# TODO: write this function\r\n"
        '\traise NotImplementedError("gan.py: f is not written yet")\r\n'
    )


def test_a_long_name_is_wrapped_as_the_formatter_would():
    name = "a" * 60
    source = f"def {name}():\n    # BEGIN SOLUTION\n    pass\n    # END SOLUTION\n"
    assert make(source, PATH).splitlines()[2:] == [
        "    raise NotImplementedError(",
        f'        "gan.py: {name} is not written yet"',
        "    )",
    ]


def test_each_region_of_a_function_raises_where_it_is_reached():
    source = """\
def f(x):
    if x:
        # BEGIN SOLUTION
        return 1
        # END SOLUTION
    # BEGIN SOLUTION
    return 2
    # END SOLUTION
"""
    stub = make(source, PATH)
    assert stub.count("# TODO: write this part\n") == 2
    assert stub.count('raise NotImplementedError("gan.py: f is not written yet")') == 2


def test_what_stands_in_a_function_raises_even_in_a_class():
    source = """\
def f():
    class A:
        x = 1
        # BEGIN SOLUTION
        y = 2
        # END SOLUTION

    return A
"""
    assert 'raise NotImplementedError("gan.py: f.A is not written yet")' in make(source, PATH)


@pytest.mark.parametrize(
    ("source", "line", "reason"),
    [
        (
            'def f():\n    # BEGIN SOLUTION\n    """D."""\n    # END SOLUTION\n',
            1,
            "the stub would change the signature or the docstring of f.",
        ),
        (
            '# BEGIN SOLUTION\nA = 1\n# END SOLUTION\n"""D."""\n',
            1,
            "the stub would change the docstring of the module.",
        ),
        (
            "A = 1\n# BEGIN SOLUTION\ndef _g():\n    pass\n# END SOLUTION\n"
            "@_g\ndef f():\n    pass\n",
            6,
            "line 2 removes _g, which is used here, outside of regions.",
        ),
        (
            "A = 1\n# BEGIN SOLUTION\nimport os.path as p\n# END SOLUTION\nB = p.sep\n",
            5,
            "line 2 removes p, which is used here, outside of regions.",
        ),
        (
            "A = 1\n# BEGIN SOLUTION\nN: int = 1\n# END SOLUTION\ndef f(n=N):\n    pass\n",
            5,
            "line 2 removes N, which is used here, outside of regions.",
        ),
        (
            '__all__ = ["f"]\n# BEGIN SOLUTION\ndef f():\n    pass\n# END SOLUTION\n',
            1,
            "line 2 removes f, which is used here, outside of regions.",
        ),
        (
            "class A:\n    # BEGIN SOLUTION\n    def _g(self):\n        pass\n    # END SOLUTION\n"
            "    def f(self):\n        return self._g()\n",
            7,
            "line 2 removes _g, which is used here, outside of regions.",
        ),
        (
            "class A:\n    x = 1\n    # BEGIN SOLUTION\n    y = 1\n    # END SOLUTION\n    z = y\n",
            6,
            "line 3 removes y, which is used here, outside of regions.",
        ),
        (
            "def f():\n    # BEGIN SOLUTION\n    y = 1\n    # END SOLUTION\n"
            "    def g():\n        nonlocal y\n        y = 2\n    g()\n",
            1,
            "line 5 of the stub would not compile: no binding for nonlocal 'y' found.",
        ),
    ],
)
def test_a_stub_that_breaks_a_promise_is_refused(source, line, reason):
    assert refusal(source) == f"{PATH}:{line}: {reason} Nothing was written."


def test_the_same_name_on_another_object_may_stay():
    source = """\
class A:
    \"\"\"D.\"\"\"
    # BEGIN SOLUTION
    def zeros(self):
        return 1
    # END SOLUTION

import torch
B = torch.zeros
"""
    assert "B = torch.zeros\n" in make(source, PATH)


names = st.from_regex(r"\A[a-z_][a-z0-9_]{0,8}\Z").filter(lambda name: name.isidentifier())
bodies = st.sampled_from(
    ["return 1", "for i in ():\n    pass\nreturn i", 'x = """\n# END SOLUTION\n"""', "pass  # ü"]
)


@st.composite
def functions(draw, indent=""):
    name = "f_" + draw(names)
    arguments = draw(st.sampled_from(["x", "x, *y, z=3", "x: int = (1), /", "*, a: 'A' = None"]))
    keyword = draw(st.sampled_from(["def", "async def"]))
    decorator = draw(st.sampled_from(["", f"{indent}@staticmethod\n"]))
    docstring = draw(st.sampled_from(["", f'{indent}    """Say: # BEGIN SOLUTION."""\n']))
    before = draw(st.sampled_from(["", f"{indent}    if x:\n{indent}        pass\n\n"]))
    body = "".join(f"{indent}    {line}\n" for line in draw(bodies).split("\n"))
    return (
        f"{decorator}{indent}{keyword} {name}({arguments}) -> None:\n{docstring}{before}"
        f"{indent}    # BEGIN SOLUTION\n{body}{indent}    # END SOLUTION\n"
    )


@st.composite
def modules(draw):
    helpers = draw(st.booleans())
    helper = "# BEGIN SOLUTION\ndef _helper():\n    return 1\n\n\n# END SOLUTION\n"
    methods = draw(st.lists(functions(indent="    "), max_size=2))
    parts = ["X = 1\n", helper if helpers else "", *draw(st.lists(functions(), min_size=1))]
    return "\n\n".join([*parts, 'class A:\n    """D."""\n\n' + "\n".join(methods)])


def outline(source):
    return [
        (node.name, ast.dump(node.args), ast.get_docstring(node, clean=False))
        for node in ast.walk(ast.parse(source))
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and node.name != "_helper"
    ]


@settings(derandomize=True, max_examples=50, database=None, deadline=None)
@given(modules())
def test_any_stub_keeps_signatures_and_docstrings_and_loses_answers(source):
    stub = make(source, PATH)
    assert outline(stub) == outline(source)
    assert "    # BEGIN SOLUTION\n" not in stub
    assert stub.count("raise NotImplementedError") == len(outline(source))
    assert "return" not in stub
