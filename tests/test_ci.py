"""How .ci/count.py judges reports of tests."""

import contextlib
import importlib.util
import io
import os
from xml.etree import ElementTree

from tests.support import PROJECT, in_folder, write

spec = importlib.util.spec_from_file_location('count', str(PROJECT / '.ci' / 'count.py'))
count = importlib.util.module_from_spec(spec)
spec.loader.exec_module(count)

PASSED, FAILED, SKIPPED = '', '<failure>no</failure>', '<skipped message="{}">why</skipped>'
ALL = [('a', PASSED), ('b', PASSED), ('b(1)', PASSED)]


def counted(folder, cases, collected=ALL, status=0):
    """Exit status and what is printed, line by line; ``cases`` are names and outcomes."""
    paths = []
    for name, tests in ('report', cases), ('collected', collected):
        text = ''.join(
            '<testcase classname="tests.x" name="{}">{}</testcase>'.format(*test) for test in tests
        )
        paths.append(write(folder, name, f'<testsuite>{text}</testsuite>'.encode()))
    with contextlib.redirect_stdout(io.StringIO()) as printed:
        ended = count.main(*paths, str(status))
    return ended, printed.getvalue().splitlines()


@in_folder
def test_all_passed(folder):
    assert counted(folder, ALL) == (0, ['3 passed, 0 failed, 0 skipped'])


@in_folder
def test_a_failure(folder):
    assert counted(folder, [*ALL[:2], ('b(1)', FAILED)], status=2) == (
        1,
        ['2 passed, 1 failed, 0 skipped'],
    )


@in_folder
def test_a_skip_for_want_of_what_is_installed_is_a_failure(folder):
    for reason, ended in (
        ('PyTorch is not installed', 1),
        ('there is no JAX', 1),
        ('there are no tiles (AMX)', 0),
        ('shared/x is absent', 0),
    ):
        status, printed = counted(folder, [*ALL[:2], ('b(1)', SKIPPED.format(reason))])
        assert status == ended and printed[-1] == '2 passed, 0 failed, 1 skipped'
        assert (reason in printed[0]) == bool(ended)


@in_folder
def test_tests_that_did_not_run_are_a_failure(folder):
    status, printed = counted(folder, ALL[:2])
    assert status == 1 and printed == [
        '1 of 3 tests did not run: tests.x.b ...',
        '2 passed, 0 failed, 0 skipped',
    ]


@in_folder
def test_a_run_that_ended_early_is_a_failure(folder):
    assert counted(folder, [], status=2)[0] == 1
    assert counted(folder, [], [])[0] == 1
    assert counted(folder, ALL, status=2) == (
        1,
        ['The tests ended with 2, though none failed.', '3 passed, 0 failed, 0 skipped'],
    )


@in_folder
def test_no_report_is_a_failure(folder):
    with contextlib.redirect_stdout(io.StringIO()) as printed:
        assert count.main(os.path.join(folder, 'absent'), os.path.join(folder, 'absent'), '0') == 1
    assert printed.getvalue() == 'No test passed.\n0 passed, 0 failed, 0 skipped\n'


def test_names_are_without_arguments_wherever_nose_splits_them():
    """The name of a generated test may hold addresses, which differ between processes."""
    for classname, name in (
        ('tests.x', 'b(<object at 0x7f>)'),
        ('tests.x.b(<object at 0x7f>, 1', '5)'),
    ):
        case = ElementTree.Element('testcase', classname=classname, name=name)
        assert count.name(case) == 'tests.x.b', count.name(case)
