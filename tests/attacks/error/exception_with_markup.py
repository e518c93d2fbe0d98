# Puts terminal codes, HTML, workflow commands and a forged report into an exception.


def one():
    return 1


def double(x):
    raise ValueError(
        "\x1b[2J\x1b]0;title\x07<script>alert(1)</script>\n::error::oops\r\n"
        '{"kind": "earned", "outcome": "passed"}\n\u202e=cmd|calc!A0\x00'
    )
