"""What the scripts share: options, their checks, and errors told in one line."""

import argparse
import json
import logging
import sys
from pathlib import Path

from ift6266.backends import BACKENDS, PRECISIONS, backend_name, use_devices
from ift6266.backends.xla.cluster import join
from ift6266.distributed import this_process
from ift6266.errors import InputError
from ift6266.models import names
from ift6266.training.provenance import CONTENTS, begun, code_version
from ift6266.training.run_directory import RunDirectory

logger = logging.getLogger('ift6266')


class HelpFormatter(argparse.ArgumentDefaultsHelpFormatter):
    """Shows the defaults that say something: not those of flags, or of what may be absent."""

    def _get_help_string(self, action):
        return super()._get_help_string(action) if action.default else action.help


class Parser(argparse.ArgumentParser):
    """Shows the defaults in its help, and tells a wrong option in one line."""

    def __init__(self, description, **kwargs):
        super().__init__(
            description=description, allow_abbrev=False, formatter_class=HelpFormatter, **kwargs
        )

    def error(self, message):
        self.exit(2, f'{self.prog}: error: {message} (see --help)\n')


def number(kind, minimum, maximum=float('inf'), exclusive=False):
    """An argparse type: an int or a float from ``minimum``, or above it, to ``maximum``."""

    def parse(text):
        try:
            value = kind(text)
        except ValueError:
            value = float('nan')
        if not minimum <= value <= maximum or (exclusive and value == minimum):
            raise argparse.ArgumentTypeError(
                '{!r} is not {} {} {}{}'.format(
                    text,
                    'a whole number' if kind is int else 'a number',
                    'above' if exclusive else 'from',
                    minimum,
                    '' if maximum == float('inf') else f' to {maximum}',
                )
            )
        return value

    return parse


COUNT = number(int, 1)
POSITIVE = number(float, 0, 1e6, exclusive=True)

# How a run is told to go on where: these are not kept with it.
HERE = ('output', 'resume', 'devices', 'coordinator', 'process', 'processes', 'hosts')

# --last-layer, and the generator in networks.BUILDERS that has it.
LAST_LAYERS = {'transposed': 'generator', 'resizing': 'resizing_generator'}


def data_set(text):
    """An argparse type: the absolute path of a file, or else a name, as it is."""
    return str(Path(text).resolve()) if Path(text).is_file() else text


def address(text):
    """An argparse type: HOST:PORT, as it is."""
    host, _, port = text.rpartition(':')
    if not host or not port.isdigit() or not 0 < int(port) < 2**16:
        raise argparse.ArgumentTypeError(f'{text!r} is not HOST:PORT')
    return text


def model(text):
    """An argparse type: the absolute path of a model's file, or else its name, as it is."""
    return str(Path(text).resolve()) if Path(text).suffix == '.npz' else text


def add_model_option(parser):
    """``--model``, as :meth:`ift6266.Inpainter.load` takes it."""
    parser.add_argument('--model', required=True, metavar='NAME|FILE', help=model_help())


def model_help():
    """What a model may be, for people to read."""
    return 'one that comes with the package ({}), or the generator.npz of a run'.format(
        ', '.join(names())
    )


def add_backend_option(parser):
    """``--backend``, the name of a :class:`ift6266.backends.Backend`."""
    parser.add_argument(
        '--backend',
        type=backend_name,
        choices=BACKENDS,
        default='auto',
        help='what runs the compiled functions',
    )


def add_training_options(parser, output):
    """The options of every training script; ``output`` is its default directory."""
    add = parser.add_argument
    add(
        '--dataset',
        type=data_set,
        default='photos',
        metavar='NAME|FILE.hdf5',
        help='pictures to train on',
    )
    add('--epochs', type=COUNT, default=10, metavar='N', help='passes through them')
    add('--batch-size', type=COUNT, default=32, metavar='N', help='pictures in a minibatch')
    add('--learning-rate', type=POSITIVE, default=2e-3, metavar='RATE', help='of Adam')
    add(
        '--seed',
        type=number(int, 0, 2**32 - 1),
        default=1,
        metavar='N',
        help='of the first weights and of the order of the pictures',
    )
    add('--limit', type=COUNT, metavar='N', help='train on the first N pictures alone')
    add(
        '--flips',
        action='store_true',
        help='beyond the report: mirror half of the pictures, others in each epoch; not their '
        'captions, where those say left or right',
    )
    add(
        '--decay',
        action='store_true',
        help='beyond the report: let the learning rate fall linearly to zero over the second '
        'half of the run',
    )
    add(
        '--generator',
        type=model,
        metavar='NAME|FILE',
        help='beyond the report: begin with the parameters of this trained one',
    )
    add(
        '--average',
        type=number(float, 0, 1 - 1e-6),
        metavar='DECAY',
        help="beyond the report: evaluate and save a moving average of the generator's "
        'parameters, which keeps this share of itself at each update; 0.999, say',
    )
    add(
        '--save',
        choices=('best', 'last'),
        default='best',
        help="which epoch's generator is kept: that with the lowest held-out squared error, which "
        'a critic would rather see higher, or the last',
    )
    add(
        '--hold-out',
        type=COUNT,
        metavar='N',
        help='set the last N training pictures aside, and validate on them rather than on the '
        'split valid: to choose settings by',
    )
    add_backend_option(parser)
    add(
        '--devices',
        type=COUNT,
        default=1,
        metavar='N',
        help='split each minibatch over so many devices of each host; takes the backend xla',
    )
    add(
        '--coordinator',
        type=address,
        metavar='HOST:PORT',
        help='split it over hosts as well, on each of which the script is started: where the '
        'first of them listens',
    )
    add('--process', type=number(int, 0), metavar='I', help='which of them this is, from 0')
    add('--processes', type=COUNT, metavar='N', help='how many there are')
    add(
        '--hosts',
        action='store_true',
        help='ask SLURM or Open MPI for these three, where it started the script on each host',
    )
    add(
        '--precision',
        choices=PRECISIONS,
        default='float32',
        help='of the products in training; bfloat16 is for processors with AMX and for GPUs, tf32, '
        'which takes the backend xla, for GPUs',
    )
    add(
        '--output', type=Path, default=Path('runs', output), metavar='DIR', help='the run directory'
    )
    add(
        '--resume',
        action='store_true',
        help='go on with the run in the run directory, with its options',
    )


def add_generator_options(parser):
    """Those of the scripts that train the generator without captions."""
    parser.add_argument(
        '--last-layer',
        choices=LAST_LAYERS,
        default='transposed',
        help="beyond the report: the generator's last layer, a transposed "
        'convolution, or one of resized feature maps, which paints no '
        'checkerboards',
    )


def parse_training_options(parser, arguments=None):
    """The options of a new run, or with ``--resume`` those of the run that goes on.

    Only its number of epochs may be given anew, and not where the learning rate's fall
    depends on it; and the backend.  The processes of a run meet here, and the options of the
    first process's run directory are those of all.  ``arguments`` are those of the command line
    unless given.
    """
    options = parser.parse_args(arguments)
    meet(options)
    if options.resume:
        config = vars(parser.parse_args([]))  # what the run does not tell it had not yet
        config.update(
            json.loads(
                this_process().broadcast(
                    lambda: json.dumps(RunDirectory(options.output).read_config()).encode()
                )
            )
        )
        parser.set_defaults(**kept(config))
        options = parser.parse_args(arguments)
    with this_process().barrier():
        if options.resume:
            check_unchanged(options, kept(config))
        check_devices(options)
    this_process().require_same(lambda: alike(options))
    return options


def check_unchanged(options, config):
    """Raise InputError where an option is not as in ``config``, that of the run, and must be."""
    free = {'backend'} | (set() if options.decay else {'epochs'})
    for name, value in config.items():
        if name not in free and getattr(options, name) != value:
            raise InputError(
                '{}: its run has --{} {}, which cannot change on the way'.format(
                    options.output, name.replace('_', '-'), value
                )
            )


def check_devices(options):
    """Raise InputError where a minibatch cannot be split as is asked for."""
    many = options.hosts or options.coordinator
    if options.backend != 'xla' and (options.devices > 1 or many):
        raise InputError('--devices, --hosts and --coordinator take --backend xla')
    devices = this_process().num_devices if many else options.devices
    if options.batch_size % devices:
        raise InputError(
            f'a minibatch of {options.batch_size} does not divide by {devices} devices; choose another '
            '--batch-size or --devices'
        )


def meet(options):
    """Join the other processes, where there are any."""
    told = [options.coordinator, options.process, options.processes]
    if options.hosts and told != [None] * 3:
        raise InputError('--hosts asks for what --coordinator, --process and --processes tell')
    if not options.hosts and None in told and told != [None] * 3:
        raise InputError('--coordinator, --process and --processes take each other')
    if options.process is not None and options.process >= options.processes:
        raise InputError(
            f'--process {options.process} is not below --processes {options.processes}'
        )
    if options.hosts or options.coordinator:
        join(
            coordinator=options.coordinator,
            rank=options.process,
            world_size=options.processes,
            devices=options.devices,
        )
        if this_process().rank:
            logger.info(
                'process %d of %d: the first one tells how the run goes',
                this_process().rank,
                this_process().world_size,
            )
            logger.setLevel(logging.WARNING)


def kept(options):
    """Those of a dict of options that are kept with a run."""
    return {name: value for name, value in options.items() if name not in HERE}


def alike(options):
    """What all processes must have alike, by the names of the options.

    Of files only whether there is one: each host has them at paths of its own.
    """
    return {
        '--' + name.replace('_', '-'): 'a file'
        if value and name in ('dataset', 'generator')
        else value
        for name, value in kept(vars(options)).items()
    }


def begin_run(options, captions=False):
    """Open the streams to train on and to evaluate on, and begin the run directory.

    The streams give the sentence vectors of ``captions`` as well, where that is asked for.
    """
    import theano

    from ift6266.data.streams import evaluation_stream, training_stream

    process, dtype = this_process(), theano.config.floatX
    train, valid = 'train', 'valid'
    if options.hold_out:
        train = f'train[:-{options.hold_out}]'
        valid = f'train[-{options.hold_out}:]'
    if options.backend == 'xla' and process.world_size == 1:
        use_devices(options.devices)
    with process.barrier():
        streams = (
            training_stream(
                options.dataset,
                train,
                options.batch_size,
                options.seed,
                options.flips,
                options.limit,
                dtype,
                captions,
                process.rows(options.batch_size),
            ),
            evaluation_stream(
                options.dataset, valid, options.batch_size, dtype=dtype, captions=captions
            ),
        )
    digests = {stream.dataset.split: stream.dataset.digests() for stream in streams}
    process.require_same(
        lambda: {
            f'the digest of the {CONTENTS[source]} in {split}': text
            for split, texts in digests.items()
            for source, text in texts.items()
        }
    )
    directory = RunDirectory(options.output)
    with process.barrier():
        if process.rank == 0:
            directory.begin(kept(vars(options)), begun(code_version(), digests), options.resume)
    return streams, directory


def run(main):
    """Call ``main``, exit with the status it returns; tell foreseen errors in one line."""
    logging.basicConfig(format='%(message)s', level=logging.WARNING)
    logger.setLevel(logging.INFO)
    script = Path(sys.argv[0]).name
    try:
        status = main()
        this_process().leave()
        sys.exit(status)
    except InputError as error:
        print(f'{script}: error: {error}', file=sys.stderr)
        this_process().leave()
        sys.exit(1)
    except OSError as error:
        sys.exit(f'{script}: error: {error.filename}: {error.strerror or error}')
    except KeyboardInterrupt:
        print(f'{script}: interrupted', file=sys.stderr)
        sys.exit(130)
