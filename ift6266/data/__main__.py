"""Fuel's own command lines with this project's data sets: ``python -m ift6266.data``.

As installed, Fuel 0.2's scripts fail at import on Python 3.10 and later; here they run with
:mod:`ift6266.compat`, and with this project's converters and downloaders beside Fuel's own.
"""

import argparse
import importlib
import os
import shlex
import signal
import sys

from ift6266.data import converters, downloaders
from ift6266.errors import InputError
from ift6266.files import let_stdout_take_any_name

MODULES = {
    'convert': 'fuel.bin.fuel_convert',
    'download': 'fuel.bin.fuel_download',
}
PROGRAM = 'python -m ift6266.data'
# What is said where a library does not fit into memory, or a thread.
NO_MEMORY = ('failed to map segment', 'annot allocate memory', "can't start new thread")
HELP = ('-h', '--help')


def main(arguments: list[str]) -> str | None:
    """Run a command line; returns what :func:`sys.exit` takes."""
    answer_without_fuel(arguments)
    signal.signal(signal.SIGTERM, lambda *_: sys.exit('stopped; no data set was changed'))
    try:
        if arguments[0] == 'info':
            print_info(arguments[1])
        else:
            run_fuel(arguments[0], arguments[1:])
    except (ImportError, MemoryError, RuntimeError) as error:
        if not (isinstance(error, MemoryError) or any(words in str(error) for words in NO_MEMORY)):
            raise
        return 'error: too little memory; no data set was changed'
    except KeyboardInterrupt:
        return 'interrupted; no data set was changed'
    except (InputError, OSError, ValueError) as error:  # Fuel raises ValueError for bad input
        return 'error: ' + ' '.join(str(error).split())


def run_fuel(command: str, arguments: list[str]) -> None:
    """Call the main function of one of Fuel's scripts with this project's data sets."""
    # Some file systems have no locks, and no other process has the file that Fuel completes.  It
    # must be set before h5py is imported.
    os.environ['HDF5_USE_FILE_LOCKING'] = 'FALSE'
    import fuel  # here and below: modules that take 1.3 s to import, and that --help does not need

    for setting, package in (('extra_converters', converters), ('extra_downloaders', downloaders)):
        others = [name for name in getattr(fuel.config, setting) if name != package.__name__]
        setattr(fuel.config, setting, others + [package.__name__])
    module = importlib.import_module(MODULES[command])
    sys.argv = [f'{PROGRAM} {command}', *arguments]
    if command == 'convert':
        # Fuel keeps the command in the file, as UTF-8.
        sys.argv[1:] = (
            shlex.quote(word.encode('utf-8', 'backslashreplace').decode()) for word in arguments
        )
        module.main(arguments)
    else:
        module.main()


def print_info(path: str) -> None:
    """Print by which command a file was made, and the digests of the sources in each split."""
    from fuel.datasets import H5PYDataset

    from ift6266.data.datasets import open_dataset, open_hdf5

    with open_hdf5(path) as h5file:
        if 'split' not in h5file.attrs:
            raise InputError(f'{path} has no splits; pictures that are converted here have them')
        command = h5file.attrs.get('fuel_convert_command', b'an unknown command')
        command = command.decode() if isinstance(command, bytes) else str(command)
        sources = {
            split: H5PYDataset.get_provided_sources(h5file, split)
            for split in sorted(H5PYDataset.get_all_splits(h5file))
        }
    command = command.replace('fuel-convert', f'{PROGRAM} convert')  # in older files
    print(f'\n    {path} was made by\n\n        {command}\n\n    Digests of its content are\n')
    for split, names in sources.items():
        dataset = open_dataset(os.path.abspath(path), split, tuple(sorted(names)))
        for source, digest in dataset.digests().items():
            print(f'        {split:<15} {source:<15} {dataset.num_examples:>7} {digest}')


def answer_without_fuel(arguments: list[str]) -> None:
    """Exit with help, or with what is wrong, where that is known without Fuel."""
    description = (__doc__ or '').partition('\n')[0]
    parser = argparse.ArgumentParser(prog=PROGRAM, description=description)
    commands = parser.add_subparsers(metavar='COMMAND')
    convert = commands.add_parser('convert', help='convert pictures to an HDF5 file')
    download = commands.add_parser('download', help='download the files of a data set')
    info = commands.add_parser('info', help='print how an HDF5 file was made, and what is in it')
    info.add_argument('filename', help='HDF5 file')

    names = convert.add_subparsers(metavar='NAME', required=True, dest='name')
    for name, fill_subparser in converters.all_converters:
        subparser = _add_data_set(
            names, name, fill_subparser, directory_help='folder of the files to convert'
        )
        subparser.add_argument(
            '-o',
            '--output-directory',
            metavar='FOLDER',
            help='where to save the HDF5 file (default: the current folder)',
        )
    names = download.add_subparsers(metavar='NAME', required=True, dest='name')
    for name, fill_subparser in downloaders.all_downloaders:
        subparser = _add_data_set(
            names, name, fill_subparser, directory_help='where to save the files'
        )
        subparser.add_argument('--clear', action='store_true', help='delete the downloaded files')

    ours = tuple(dict(converters.all_converters + downloaders.all_downloaders))
    if not arguments or arguments[0] not in (*MODULES, 'info'):
        parser.parse_args(arguments[:1] or ['--help'])
    elif len(arguments) == 1 or arguments[0] == 'info':
        parser.parse_args(arguments)
    elif set(HELP) & set(arguments) and arguments[1] in HELP + ours:
        parser.parse_args(arguments)


def _add_data_set(names, name, fill_subparser, *, directory_help):
    """A subparser with the options that Fuel's own parser gives every data set."""
    purpose = (sys.modules[fill_subparser.__module__].__doc__ or '').partition('\n')[0]
    subparser = names.add_parser(name, help=purpose, description=purpose)
    subparser.add_argument(
        '-d',
        '--directory',
        metavar='FOLDER',
        help=directory_help + ' (default: the current folder)',
    )
    fill_subparser(subparser)
    return subparser


if __name__ == '__main__':
    let_stdout_take_any_name()
    sys.exit(main(sys.argv[1:]))
