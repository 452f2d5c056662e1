"""Judges a run of the tests: python count.py REPORT COLLECTED STATUS.

REPORT is nose's report of the run, COLLECTED that of --collect-only, both XML; STATUS is what the
run ended with.  Prints what is wrong, and in the last line how many tests passed, failed and were
skipped; ends with 1 where anything is wrong.
"""

import re
import sys
from collections import Counter
from pathlib import Path
from xml.etree import ElementTree

# What .ci/run installs: no test may be skipped for want of it.
INSTALLED = re.compile('torch|jax|gensim|wordfreq|starlette|selenium', re.IGNORECASE)


def read_cases(path: Path) -> list[ElementTree.Element]:
    """The test cases of a report; none where it is missing or cut off."""
    try:
        return ElementTree.parse(path).getroot().findall('testcase')
    except (OSError, ElementTree.ParseError):
        return []


def name(case: ElementTree.Element) -> str:
    """The name of a test, without the arguments that a generator gave it."""
    # nose splits the name at its last point, which may be one of a number among the arguments.
    return f'{case.get("classname")}.{case.get("name")}'.partition('(')[0]


def judge(
    cases: list[ElementTree.Element], collected: list[ElementTree.Element], status: int
) -> tuple[list[str], dict[str, int]]:
    """What is wrong with a run, a line for each fault; and its numbers of tests."""
    failed = [
        case for case in cases if case.find('failure') is not None or case.find('error') is not None
    ]
    skipped = [
        (case, case.find('skipped').get('message', ''))
        for case in cases
        if case.find('skipped') is not None
    ]
    wrong = [
        f'{name(case)} was skipped, but .ci/run installs that: {reason}'
        for case, reason in skipped
        if INSTALLED.search(reason)
    ]
    missing = Counter(map(name, collected)) - Counter(map(name, cases))
    if missing:
        number, examples = sum(missing.values()), ', '.join(sorted(missing)[:9])
        wrong.append(f'{number} of {len(collected)} tests did not run: {examples} ...')
    if not collected or len(failed) + len(skipped) == len(cases):
        wrong.append('No test passed.')
    if status and not failed:
        wrong.append(f'The tests ended with {status}, though none failed.')
    return wrong, {
        'passed': len(cases) - len(failed) - len(skipped),
        'failed': len(failed),
        'skipped': len(skipped),
    }


def main(report: str, collected: str, status: str) -> int:
    wrong, numbers = judge(read_cases(Path(report)), read_cases(Path(collected)), int(status))
    print(*wrong, ', '.join(f'{number} {what}' for what, number in numbers.items()), sep='\n')
    return int(bool(wrong or numbers['failed']))


if __name__ == '__main__':
    sys.exit(main(*sys.argv[1:]))
