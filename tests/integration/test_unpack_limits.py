"""coracle-unpack: what is too much is refused, says which limit it was, and leaves nothing"""

import os

import pytest

from ocilayout import Layer
from unpacking import unpacking  # noqa: F401

pytestmark = pytest.mark.disk


def many(n):
    layer = Layer()
    for i in range(n):
        layer.file(f"f{i}")
    return layer


@pytest.mark.parametrize("layers, options, message", [
    ([lambda: Layer().file("a", os.urandom(90_000))], ("--max-bytes", "64K"),
     "more than the 65536 bytes that the limit leaves (--max-bytes)"),
    ([lambda: Layer().file("a", b"x" * 40_000), lambda: Layer().file("b", b"y" * 40_000)],
     ("--max-bytes", "80K"), "layer 2 (sha256:"),
    ([lambda: many(11)], ("--max-entries", "10"), "the image has more than 10 entries"),
    ([lambda: many(6), lambda: many(6)], ("--max-entries", "10"), "more than 10 entries"),
    ([lambda: Layer().file("a", b"x" * 2000)], ("--max-file-bytes", "1999"),
     "'a': a file of 2000 bytes: at most 1999 (--max-file-bytes)"),
    ([lambda: Layer().file("a/b/c/d", b"")], ("--max-depth", "2"),
     "'a/b/c/d': it lies more than 2 directories deep (--max-depth)"),
    ([lambda: Layer().file("a", pax_headers={"SCHILY.xattr.user.x": "y" * 100})],
     ("--max-xattr-bytes", "100"), "'a': it has 106 bytes of extended attributes, more than 100"),
])
def test_over(unpacking, layers, options, message):
    unpacking.image([layer() for layer in layers]).fails(message, options=options)


def test_over_the_ratio(unpacking):
    unpacking.image([unpacking.layout.bomb(1, 300)]).fails("the layer grows to more than 50 times its",
                                                           options=("--max-ratio", "50"))


@pytest.mark.parametrize("layers, options", [
    ([lambda: Layer().file("a", b"x" * 60_000)], ("--max-bytes", "70K")),
    ([lambda: many(10)], ("--max-entries", "10")),
    ([lambda: Layer().file("a", b"x" * 2000)], ("--max-file-bytes", "2000")),
    ([lambda: Layer().file("a/b/c", b"")], ("--max-depth", "2")),
    ([lambda: Layer().file("a", pax_headers={"SCHILY.xattr.user.x": "y" * 94})],
     ("--max-xattr-bytes", "100")),
])
def test_just_within(unpacking, layers, options):
    unpacking.image([layer() for layer in layers]).succeeds(*options)


@pytest.mark.parametrize("option", ["--max-bytes", "--max-file-bytes", "--max-xattr-bytes"])
def test_bad_limit(unpacking, option):
    unpacking.image([Layer()]).fails(f"option {option}: '12 apples' is no number of bytes",
                                     options=(option, "12 apples"))
