"""test_security_table.py - docs/security.md names a test for each old attack, and the test names it"""

import ast
import os
import re

import pytest

HERE = os.path.dirname(os.path.realpath(__file__))
TOP = os.path.dirname(os.path.dirname(HERE))
CVE = re.compile(r"CVE-\d{4}-\d+")


def contents(*path):
    with open(os.path.join(TOP, *path), encoding="utf-8") as file:
        return file.read()


def sections():
    """the table of attacks on the runtime, and the table of their tests"""
    text = contents("docs", "security.md")
    attacks = text.partition("## Old attacks")[2].partition("### The test of each")[0]
    tests = text.partition("### The test of each")[2].partition("\n## ")[0]
    return attacks, tests


def rows():
    """(CVE, test) pairs"""
    lines = [line.split("|") for line in sections()[1].splitlines() if line.startswith("| CVE-")]
    return [(cve, test) for line in lines for cve in CVE.findall(line[1])
            for test in re.findall(r"`([^`]+)`", line[2])]


def words_of(test):
    """what stands in and right above a test of pytest, or a file of unit tests"""
    file, _, name = test.partition("::")
    if not name:
        return contents("tests", "unit", file)
    for node in ast.walk(ast.parse(contents("tests", "integration", file))):
        if isinstance(node, (ast.ClassDef, ast.FunctionDef)) and node.name == name:
            return ast.get_docstring(node) or ""
    pytest.fail(f"there is no test '{test}'")


def test_each_attack_has_a_test():
    tested = {cve for cve, _ in rows()}
    # those that images play are coracle-unpack's
    attacks = {cve for line in sections()[0].splitlines() if "image/" not in line
               for cve in CVE.findall(line)}
    assert attacks and attacks <= tested, sorted(attacks - tested)


@pytest.mark.parametrize("cve, test", rows())
def test_the_test_names_the_attack(cve, test):
    assert cve in words_of(test)
