"""What stands around an experiment: its processes, its data, its run directory.

Functions import what takes Theano where they use it: it takes two seconds, and an option that is
wrong is reported at once.
"""

import json
import logging
from dataclasses import asdict, dataclass, fields
from pathlib import Path
from typing import Any

from arguments import option_of, parse

from ift6266.backends import Backend, use_devices
from ift6266.distributed import this_process
from ift6266.errors import InputError
from ift6266.training.provenance import CONTENTS, begun, code_version
from ift6266.training.run_directory import RunDirectory

logger = logging.getLogger('ift6266')

# Where a run takes place: these are not kept with it.
PLACE = (
    'output',
    'resume',
    'steps_per_call',
    'devices',
    'coordinator',
    'process',
    'processes',
    'hosts',
)


@dataclass(frozen=True, kw_only=True)
class RunOptions:
    """What a run takes whatever it trains."""

    recipe: str = 'report'
    dataset: str = 'photos'
    seed: int = 1
    limit: int | None = None
    flips: bool = False
    crops: float = 0
    holes: str = 'centre'
    hold_out: int | None = None
    generator: str | None = None
    average: float | None = None
    save: str = 'best'
    backend: str = 'auto'
    precision: str = 'float32'
    steps_per_call: int | None = None
    devices: int = 1
    coordinator: str | None = None
    process: int | None = None
    processes: int | None = None
    hosts: bool = False
    output: Path = Path('runs', 'run')
    resume: bool = False


def kept(options: RunOptions) -> dict:
    """The options that are kept with a run."""
    return {name: value for name, value in asdict(options).items() if name not in PLACE}


def begin(cls: type, description: str) -> RunOptions:
    """The options of a new run, or with ``--resume`` those of the run that continues.

    The processes of a run are joined here, and the options in the first one's run directory are
    those of all.  Only the number of epochs may then be given anew, and not where the learning
    rate's fall depends on it; and the backend.
    """
    options = parse(cls, description)
    join_processes(options)
    process = this_process()
    if options.resume:
        config = json.loads(
            process.broadcast(
                lambda: json.dumps(RunDirectory(options.output).read_config()).encode()
            )
        )
        with process.barrier():
            unknown = config.keys() - asdict(options).keys()
            if unknown:
                raise InputError(
                    f'{options.output}: its run has an option {min(unknown)}, which is of another '
                    'script or an earlier version; continue it with the script that began it, or '
                    'train it again with another --output'
                )
        if config.get('decay') is True:  # of a run from before there was another way
            config['decay'] = 'linear'
        options = parse(cls, description, **config)
        with process.barrier():
            check_unchanged(options, config)
    with process.barrier():
        check_devices(options)
        check_warm_up(options)
        check_weight_decay(options)
    process.require_same(lambda: comparable(options))
    return options


def join_processes(options: RunOptions) -> None:
    """Join the other processes of the run, where there are any."""
    given = [options.coordinator, options.process, options.processes]
    if options.hosts and given != [None] * 3:
        raise InputError('--hosts asks for what --coordinator, --process and --processes say')
    if not options.hosts and None in given and given != [None] * 3:
        raise InputError('--coordinator, --process and --processes take each other')
    if options.process is not None and options.process >= options.processes:
        raise InputError(
            f'--process {options.process} is not below --processes {options.processes}'
        )
    if options.hosts or options.coordinator:
        from ift6266.backends.xla.cluster import join

        join(
            coordinator=options.coordinator,
            rank=options.process,
            world_size=options.processes,
            devices=options.devices,
        )
        if this_process().rank:
            logger.info(
                'process %d of %d: the first one reports how the run proceeds',
                this_process().rank,
                this_process().world_size,
            )
            logger.setLevel(logging.WARNING)


def check_unchanged(options: RunOptions, config: dict) -> None:
    """Raise InputError where an option is not as in ``config``, that of the run, and must be."""
    free = {'backend'} if getattr(options, 'decay', None) else {'backend', 'epochs'}
    for field in fields(options):
        value = config.get(field.name, field.default)  # of a run from before there was the option
        if field.name not in (*free, *PLACE) and getattr(options, field.name) != value:
            raise InputError(
                f'{options.output}: its run has {option_of(field.name)} {value}, which cannot '
                'change on the way'
            )


def check_devices(options: RunOptions) -> None:
    """Raise InputError where a minibatch cannot be split as is asked for."""
    many = options.hosts or options.coordinator
    if options.backend != 'xla' and (options.devices > 1 or many):
        raise InputError('--devices, --hosts and --coordinator take --backend xla')
    if options.backend != 'xla' and (options.steps_per_call or 1) > 1:
        raise InputError('--steps-per-call takes --backend xla')
    devices = this_process().num_devices if many else options.devices
    if options.batch_size % devices:
        raise InputError(
            f'a minibatch of {options.batch_size} does not divide by {devices} devices; choose '
            'another --batch-size or --devices'
        )


def check_holes(options: RunOptions, architecture, generator) -> None:
    """Raise InputError where the generator paints the centre, and holes are others."""
    from ift6266.networks.sources import target_source

    if options.holes != 'centre' and target_source(generator) == 'centre':
        raise InputError(
            f'--holes {options.holes}: the network {architecture.kind} paints the centre alone'
        )


def check_warm_up(options: RunOptions) -> None:
    """Raise InputError where a warm-up leaves no epoch to the critic."""
    warm_up = getattr(options, 'warm_up', 0)
    if warm_up >= options.epochs:
        raise InputError(
            f'a warm-up of {warm_up} epochs leaves none of the {options.epochs} to the critic; '
            'give a lower --warm-up or more --epochs'
        )


def check_weight_decay(options: RunOptions) -> None:
    """Raise InputError where the optimizer has none."""
    if getattr(options, 'weight_decay', 0) and getattr(options, 'optimizer', 'adam') != 'adam':
        raise InputError(f'--weight-decay takes --optimizer adam, not {options.optimizer}')


def comparable(options: RunOptions) -> dict:
    """What all processes must have the same, by the names of the options.

    Of files only whether there is one: each host has them at paths of its own.
    """
    return {
        option_of(name): 'a file' if value and name in ('dataset', 'generator') else value
        for name, value in kept(options).items()
    }


def first_generator(options: RunOptions, architecture, *, draw=lambda network: network):
    """A generator whose weights are drawn by the seed, or were trained before.

    ``draw`` is one of :mod:`ift6266.networks.initialization`; otherwise Lasagne draws them.
    """
    from ift6266.models import find
    from ift6266.networks.weights import load_network
    from ift6266.training.run import seed_weights

    seed_weights(options.seed)
    with this_process().barrier():
        if options.generator:
            return load_network(find(options.generator), architecture)
        return draw(architecture.build())


def caption_embedding(options: RunOptions, generator) -> dict | None:
    """The data set's embedding as arrays to save with a generator that takes captions, or None.

    Raises InputError where the generator to begin with was trained with another.
    """
    from ift6266.captions.storage import read_embedding, read_embedding_of_model
    from ift6266.data.datasets import find_dataset
    from ift6266.models import find as find_model
    from ift6266.networks.sources import input_layers

    if 'caption' not in input_layers(generator):
        return None
    with this_process().barrier():
        embedding = read_embedding(find_dataset(options.dataset))
        begins = options.generator and not options.resume
        if begins and not embedding.same_as(read_embedding_of_model(find_model(options.generator))):
            raise InputError(
                f'{options.generator}: was trained with another caption embedding than that of '
                f'{options.dataset}; run python -m ift6266.captions {options.dataset} --embedding '
                f'{options.generator} to embed these in the same way, or leave --generator out'
            )
    return embedding.companions()


def backend(options: RunOptions) -> Backend:
    """The one that trains, with the precision that is asked for."""
    return Backend(options.backend, options.precision)


@dataclass(frozen=True, kw_only=True)
class Run:
    """A run that is about to train the ``generator``: its data and its directory are open."""

    options: RunOptions
    generator: Any
    architecture: Any
    companions: dict | None
    streams: tuple
    directory: RunDirectory

    def train(self, algorithm, schedules=()) -> int:
        """Train to the last epoch; see :func:`ift6266.training.run.train`."""
        from ift6266.training.run import train

        return train(
            algorithm,
            self.generator,
            self.architecture,
            streams=self.streams,
            epochs=self.options.epochs,
            directory=self.directory,
            schedules=schedules,
            average=self.options.average,
            save=self.options.save,
            backend=Backend(self.options.backend),
            companions=self.companions,
            steps_per_call=self.options.steps_per_call or backend(self.options).steps_per_call,
        )


def open_run(options: RunOptions, architecture, generator, *, critic=None) -> Run:
    """Open the streams that the networks take, and the run directory."""
    with this_process().barrier():
        check_holes(options, architecture, generator)
    companions = caption_embedding(options, generator)
    streams = open_streams(options, generator, critic)
    directory = open_directory(options, streams)
    return Run(
        options=options,
        generator=generator,
        architecture=architecture,
        companions=companions,
        streams=streams,
        directory=directory,
    )


def open_streams(options: RunOptions, generator, critic=None):
    """The streams to train on and to evaluate on, with what the networks take."""
    import theano

    from ift6266.data.streams import evaluation_stream, training_stream
    from ift6266.networks.sources import training_sources

    process, dtype = this_process(), theano.config.floatX
    train, valid = 'train', 'valid'
    if options.hold_out:
        train, valid = f'train[:-{options.hold_out}]', f'train[-{options.hold_out}:]'
    if options.backend == 'xla' and process.world_size == 1:
        use_devices(options.devices)
    sources = training_sources(generator, critic)
    with process.barrier():
        training = training_stream(
            options.dataset,
            train,
            sources=sources,
            batch_size=options.batch_size,
            seed=options.seed,
            flips=options.flips,
            crops=options.crops,
            holes=options.holes,
            limit=options.limit,
            dtype=dtype,
            rows=process.rows(options.batch_size),
            place=backend(options).place,
        )
        evaluation = evaluation_stream(
            options.dataset,
            valid,
            batch_size=options.batch_size,
            holes=options.holes,
            dtype=dtype,
            captions='caption' in sources,
        )
    return training, evaluation


def open_directory(options: RunOptions, streams) -> RunDirectory:
    """The run directory, owned by this process if it is the first."""
    process = this_process()
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
            directory.begin(kept(options), begun(code_version(), digests), resume=options.resume)
    return directory
