"""Whether a run may begin or go on in a folder, and what is recorded there."""

import json
import os
from pathlib import Path

from ift6266.training.provenance import begun
from ift6266.training.run_directory import RunDirectory
from tests.support import in_folder, input_error, write

OPTIONS = {'dataset': 'photos', 'epochs': 2}


def begin(folder, digest='a', resume=False):
    """A run that begins or continues, whose process then ends."""
    run = RunDirectory(Path(folder))
    run.begin(
        OPTIONS,
        begun({'commit': 'x', 'changed': False}, {'train': {'image': digest}}),
        resume=resume,
    )
    run.ownership.release()
    return run


def contents(folder):
    return {path.name: path.read_bytes() for path in Path(folder).iterdir()}


@in_folder
def test_options_and_what_they_were_used_on(folder):
    run = begin(folder)
    assert run.read_config() == OPTIONS
    assert run.read_provenance() == {
        'code': [{'from_epoch': 1, 'commit': 'x', 'changed': False}],
        'data': {'train': {'image': 'a'}},
    }


@in_folder
def test_refusals_leave_the_folder_as_it_was(folder):
    begin(folder)
    write(folder, 'checkpoint.npz', b'')
    write(folder, 'log.jsonl', b'{"epoch": 1}\n')
    before = contents(folder)
    assert '--resume' in input_error(begin, folder)
    assert 'the pictures in train are not those' in input_error(begin, folder, 'b', resume=True)
    assert contents(folder) == before
    first = RunDirectory(Path(folder))
    first.begin(OPTIONS, begun({}, {'train': {'image': 'a'}}), resume=True)
    before = contents(folder)
    assert f'process {os.getpid()}' in input_error(begin, folder, resume=True)
    assert contents(folder) == before
    first.ownership.release()
    assert first.read_provenance()['code'][1:] == [{'from_epoch': 2}]


@in_folder
def test_a_run_of_before_goes_on(folder):
    write(folder, 'config.json', json.dumps(OPTIONS).encode())
    write(folder, 'checkpoint.npz', b'')
    run = begin(folder, resume=True)
    assert run.read_config() == OPTIONS
    assert run.read_provenance()['code'][0] == {'from_epoch': 1}
    assert 'the pictures in train' in input_error(begin, folder, 'b', resume=True)


@in_folder
def test_damaged_records_are_named(folder):
    run = RunDirectory(Path(folder))
    for provenance in (3, 'x', {'code': 1, 'data': {}}, {'code': [{}], 'data': {}}, {'code': []}):
        write(folder, 'config.json', json.dumps({'provenance': provenance}).encode())
        assert 'config.json' in input_error(run.read_provenance), provenance
    for config in b'{', b'\xff', b'[1]', 10**5 * b'[':
        write(folder, 'config.json', config)
        assert 'config.json' in input_error(run.read_config)
    for log in b'{"epoch": 1}\n{"epo', b'1\n', 10**5 * b'[':
        write(folder, 'log.jsonl', log)
        assert 'log.jsonl' in input_error(run.read_log)
