"""A zip gives its wanted files; whatever no honest zip has is refused before anything is read."""

from __future__ import annotations

import io
import stat
import struct
import tracemalloc
from zipfile import ZIP_BZIP2, ZIP_DEFLATED, ZIP_LZMA, ZIP_STORED, ZipFile, ZipInfo

import pytest

from autograder.errors import SubmissionError
from autograder.model import Assignment
from autograder.submission import archive, collect

ASSIGNMENT = Assignment(slug="conv", title="Conv", files=("conv.py",), tasks=())
CODE = b"def f():\n    return 1\n"
ANEW = "Hint: make it anew from the folder with your module."
PLAIN = (
    ", but a submission should hold plain files and folders only. Nothing was read. "
    "Hint: make the zip anew from the folder with your module."
)


def zipped(*members, method=ZIP_DEFLATED):
    """Return the bytes of a zip of (name or ZipInfo, content) pairs."""
    buffer = io.BytesIO()
    with ZipFile(buffer, "w", method) as file:
        for name, data in members:
            file.writestr(name, data)
    return buffer.getvalue()


def info(name, mode=0, **fields):
    """Return a member's header with a name that zipfile would not have written itself."""
    member = ZipInfo(name)
    member.external_attr = mode << 16
    for field, value in fields.items():
        setattr(member, field, value)
    return member


@pytest.fixture
def refusal(tmp_path):
    def refused(data):
        path = tmp_path / "work.zip"
        path.write_bytes(data)
        with pytest.raises(SubmissionError) as caught:
            collect(path, ASSIGNMENT)
        return str(caught.value).replace(str(path), "work.zip")

    return refused


@pytest.fixture
def taken(tmp_path):
    def collected(data, name="work.zip"):
        path = tmp_path / name
        path.write_bytes(data)
        return collect(path, ASSIGNMENT)

    return collected


def listed(submission):
    return {one.name: one.reason for one in submission.left_behind}


@pytest.mark.parametrize("method", [ZIP_STORED, ZIP_DEFLATED])
@pytest.mark.parametrize("place", ["conv.py", "./conv.py", "top//conv.py", "conv/conv.py"])
def test_the_module_is_taken(taken, method, place):
    assert taken(zipped((place, CODE), method=method)).files == {"conv.py": CODE}


def test_what_a_zip_is_says_its_content_not_its_name(taken):
    assert taken(zipped(("conv.py", CODE)), "upload.bin").files == {"conv.py": CODE}
    with pytest.raises(SubmissionError, match=r"a\.py:\d+: byte \d+ of the file is "):
        taken(zipped(("conv.py", CODE)), "a.py")


def test_the_rest_is_left_behind(taken):
    submission = taken(
        zipped(
            ("hand-in/", b""),
            ("hand-in/conv.py", CODE),
            ("hand-in/conftest.py", b"raise SystemExit"),
            ("hand-in/more/", b""),
            ("hand-in/more/conv.py", b""),
            ("hand-in/inner.zip", zipped(("conv.py", b""))),
            ("hand-in/\u202egnp.py", b""),
            ("__MACOSX/conv.py", b""),
            ("__MACOSX/._conv.py", b""),
        )
    )
    assert submission.files == {"conv.py": CODE}
    assert listed(submission) == {
        "hand-in/conftest.py": "not part of the assignment",
        "hand-in/inner.zip": "not part of the assignment",
        "hand-in/\\u202egnp.py": "not part of the assignment",
        "hand-in/more/conv.py": "a second one; hand-in/conv.py was taken",
        "__MACOSX": "is a folder",
    }


def test_a_member_that_is_left_behind_is_never_unpacked(taken):
    bomb = zipped(("conv.py", CODE), ("zeros.bin", bytes(50_000_000)))
    tracemalloc.start()
    assert taken(bomb).files == {"conv.py": CODE}
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 5_000_000


def test_a_zip_without_the_module(refusal):
    assert refusal(zipped()) == "work.zip: is empty, but should hold conv.py."
    assert refusal(zipped(("a/b/c/conv.py", CODE))) == (
        "work.zip: holds a/b/c/conv.py, but should hold conv.py."
        " Hint: move a/b/c/conv.py to conv.py."
    )
    assert refusal(zipped(("a/con.py", CODE))) == (
        "work.zip: holds a/con.py, but should hold conv.py. Hint: rename a/con.py to conv.py."
    )


@pytest.mark.parametrize(
    ("member", "fault"),
    [
        (info("/etc/passwd"), "/etc/passwd has an absolute path"),
        (info("../conv.py"), "../conv.py leads out of the archive"),
        (info("a/../../b.py"), "a/../../b.py leads out of the archive"),
        (info("a\\b.py"), "a\\b.py has a backslash in its name"),
        (info("C:b.py"), "C:b.py has a drive letter in its path"),
        (info("l" * 1001), f"{'l' * 119}… has a name over 1000 characters"),
        (info("."), ". has no name"),
        (info("shadow", stat.S_IFLNK | 0o777), "shadow is a link"),
        (info("fifo", stat.S_IFIFO | 0o600), "fifo is a device, pipe or socket"),
        (info("disk", stat.S_IFBLK | 0o600), "disk is a device, pipe or socket"),
        (info("Conv.PY"), "Conv.PY is there twice, letter case aside"),
        (info("./conv.py"), "./conv.py is there twice, letter case aside"),
        (info("conv.py/x"), "conv.py is a file and a folder at once"),
        (info("CONV.py/x/y/z"), "conv.py is a file and a folder at once"),
    ],
)
def test_no_honest_zip_has_it(refusal, member, fault):
    data = zipped(("conv.py", CODE), (member, b"/etc/passwd"))
    assert refusal(data) == f"work.zip: its member {fault}{PLAIN}"


def test_a_linked_module(refusal):
    data = zipped((info("conv.py", stat.S_IFLNK | 0o777), b"../reference.py"))
    assert refusal(data) == f"work.zip: its member conv.py is a link{PLAIN}"


def test_a_nul_in_a_name(refusal):
    data = zipped(("conv.pyXtxt", CODE)).replace(b"conv.pyXtxt", b"conv.py\0txt")
    assert refusal(data) == f"work.zip: its member conv.py\\x00txt has a NUL in its name{PLAIN}"


@pytest.mark.filterwarnings("ignore:Duplicate name")
def test_two_of_the_same_name(refusal):
    data = zipped(("conv.py", CODE), ("conv.py", b"other"))
    assert refusal(data) == (
        f"work.zip: its member conv.py is there twice, letter case aside{PLAIN}"
    )


@pytest.mark.parametrize("flag", [0x1, 0x40, 0x2000])
def test_encrypted(refusal, flag):
    data = patched(zipped(("conv.py", CODE)), central=(8, "<H", flag), local=(6, "<H", flag))
    assert refusal(data) == f"work.zip: its member conv.py is encrypted{PLAIN}"


@pytest.mark.parametrize("method", [ZIP_BZIP2, ZIP_LZMA])
def test_methods_that_unpack_without_bound(refusal, taken, method):
    assert refusal(zipped(("conv.py", CODE), method=method)) == (
        f"work.zip/conv.py: is packed by method {method}, but should be stored or deflated. "
        "Hint: make the zip with the system's own tool."
    )
    other = info("data.bin", compress_type=method)
    assert taken(zipped(("conv.py", CODE), (other, b"x" * 50))).files == {"conv.py": CODE}


def test_too_many_members(refusal):
    data = zipped(*((f"{number}", b"") for number in range(10_001)), method=ZIP_STORED)
    assert refusal(data) == (
        f"work.zip: has 10,001 members, but should have at most 10,000. {ANEW}"
    )


def test_the_list_of_members_is_bounded_before_it_is_parsed(refusal, monkeypatch):
    monkeypatch.setattr(archive, "_MAX_LIST_BYTES", 70_000)
    data = zipped(*((f"{number:0100}", b"") for number in range(1000)), method=ZIP_STORED)
    assert refusal(data) == (
        "work.zip: is a damaged zip (its list of members is too long), but should be whole. " + ANEW
    )


def test_a_long_file_that_ends_like_a_zip_is_not_read_whole(refusal):
    end = struct.pack("<4s4H2LH", b"PK\5\6", 0, 0, 1, 1, 2**31, 0, 0)
    assert "is a damaged zip (" in refusal(bytes(5_000_000) + end)


def test_a_bomb(refusal):
    assert refusal(zipped(("conv.py", bytes(50_000_000)))) == (
        "work.zip/conv.py: is 50,000,000 bytes, but should be at most 1,000,000 bytes. "
        "Hint: hand in the module without data, outputs or weights."
    )


def test_a_bomb_that_calls_itself_small(refusal):
    data = zipped(("conv.py", b"#" * 50_000_000))
    small = patched(data, central=(24, "<L", 100), local=(22, "<L", 100))
    tracemalloc.start()
    sentence = refusal(small)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert sentence == (
        "work.zip: is a damaged zip (Bad CRC-32 for file 'conv.py'), but should be whole. " + ANEW
    )
    assert peak < 5_000_000


def test_a_member_that_calls_itself_larger(refusal):
    data = patched(zipped(("conv.py", CODE)), central=(24, "<L", 999), local=(22, "<L", 999))
    assert refusal(data) == f"work.zip/conv.py: unpacks to 22 bytes, but should to 999. {ANEW}"


def test_a_member_packed_into_more_than_the_limit(refusal):
    empty_blocks = b"\0\0\0\xff\xff" * 250_000
    data = zipped(("conv.py", empty_blocks), method=ZIP_STORED)
    lying = patched(data, central=(24, "<L", 10), local=(22, "<L", 10))
    assert "is 1,250,000 bytes, but should be at most 1,000,000 bytes." in refusal(lying)


def test_a_wrong_checksum(refusal):
    data = patched(zipped(("conv.py", CODE)), central=(16, "<L", 7), local=(14, "<L", 7))
    assert refusal(data) == (
        "work.zip: is a damaged zip (Bad CRC-32 for file 'conv.py'), but should be whole. " + ANEW
    )


def test_a_cut_zip(refusal):
    data = zipped(("conv.py", CODE))
    assert refusal(data[:-30]) == (
        "work.zip: is a zip without its end, but should be whole. Hint: upload it again."
    )


@pytest.mark.parametrize("data", [b"", b"plain text", b"PK", bytes(100_000)])
def test_no_zip_at_all(refusal, data):
    assert refusal(data) == (
        "work.zip: is something else, but should be a folder, a .py file or a zip."
    )


@pytest.mark.parametrize("error", [MemoryError(), RecursionError("deep"), EOFError(), OSError(5)])
def test_whatever_zipfile_raises_is_a_sentence(refusal, monkeypatch, error):
    def failing(*_args):
        raise error

    data = zipped(("conv.py", CODE))
    monkeypatch.setattr(ZipFile, "open", failing)
    reason = str(error) or type(error).__name__
    assert refusal(data) == (f"work.zip: is a damaged zip ({reason}), but should be whole. {ANEW}")


def test_undecodable_source_in_a_zip(refusal):
    assert refusal(zipped(("a/conv.py", b"x = '\xf6'"))) == (
        "work.zip/a/conv.py:1: byte 5 of the file is 0xf6 there, but should be UTF-8. "
        "Hint: let your editor save it as UTF-8."
    )


def patched(data, *, central, local):
    """Return a zip of one member with a field overwritten in both of its headers."""
    forged = bytearray(data)
    for start, (offset, form, value) in ((data.rindex(b"PK\1\2"), central), (0, local)):
        struct.pack_into(form, forged, start + offset, value)
    return bytes(forged)
