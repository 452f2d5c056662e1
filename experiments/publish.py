"""Put a trained generator into the package, with all that there is to know of it.

Writes a folder, whole or not at all, which replaces one of the same name: generator.npz, its
filters in half precision; the run's config.json and log.jsonl; measures.json, what compare.py
--json prints for the model; and README.md. They name no folder of this machine.
"""

import json
from dataclasses import fields, replace
from importlib import import_module
from itertools import chain
from pathlib import Path

import run_caption_gan
import run_gan
import run_l2
from compare import BATCH_SIZE, measure
from literature import VARIANTS
from options import Parser, run
from recipes import RECIPES

from ift6266 import models
from ift6266.data.streams import evaluation_stream
from ift6266.errors import InputError
from ift6266.evaluation.comparison import as_dict
from ift6266.evaluation.tables import markdown_table
from ift6266.files import whole_folder
from ift6266.training.provenance import CONTENTS
from ift6266.training.run_directory import RunDirectory, write_config

MOST_MOVED = 0.5  # of a level of 8 bits: what rounding for a file hides

# Where pictures are from, and what that means for weights that were trained on them.
ORIGINS = {
    'natural64': (
        'photographs of 64×64 pixels: 50,000 to train on and 2,000 held out (`valid`), a subset '
        'of Tiny ImageNet (Stanford CS231n), itself of ImageNet (Deng et al., 2009); 143 crops of '
        'Microsoft COCO (`coco`; Lin et al., 2014), which nothing is trained on',
        'The weights were trained on photographs of Tiny ImageNet, which are for research use: '
        "use the weights for that. The photographs are other people's, and none is shipped here.",
    ),
    'shapes': (
        'scenes that this project draws: `python -m ift6266.data convert shapes -o data`, then '
        '`python -m ift6266.captions data/shapes.hdf5`',
        "Scenes and captions are made by this project's own code; nothing of other people's is "
        'in the weights.',
    ),
    'photos': (
        'crops of the photographs that scikit-image ships: `python -m ift6266.data convert photos '
        '-o data`',
        'The weights were trained on photographs under the licences that scikit-image states for '
        'them. None is shipped here.',
    ),
}

README = """# {name}

| | |
| --- | --- |
| trained by | `{command}` |
| commit | {commit} |
| pictures | `{dataset}`: {origin} |
| their digests | {digests} |
| epochs | {epochs} |

`generator.npz` holds all that painting needs, its filters in half precision: no painted pixel is
more than {moved:.2f} of 255 levels from what the weights of the run paint. `config.json` has all
options, `log.jsonl` a record for each epoch, `measures.json` the measures below with intervals.

## Measures

{measures}

## Licence

{licence}
"""


def main():
    parser = Parser(__doc__)
    add = parser.add_argument
    add('run', metavar='RUN', type=Path, help='a run directory')
    add('name', metavar='NAME', help='what the model is to be called')
    add(
        '--dataset',
        metavar='NAME|FILE.hdf5',
        help='where the pictures of the run are now, if they are not where they were',
    )
    add('--split', nargs='+', default=['valid'], help='the parts of them to measure on')
    add('--output', default=models.FOLDER, metavar='DIR', type=Path, help='where the folder goes')
    args = parser.parse_args()
    run_directory = RunDirectory(args.run)
    config = run_directory.read_config()
    check(args, config)
    with whole_folder(args.output / args.name) as folder:
        streams = open_streams(args.dataset or config['dataset'], args.split)
        publish(run_directory, folder, name=args.name, streams=streams)
    print(args.output / args.name)


def check(args, config):
    """Refuse, before the work begins, a name that is none and a run that cannot be described."""
    if not args.name.replace('_', '').isalnum():
        raise InputError(f'a model cannot be called {args.name!r}: letters, digits and _ alone')
    if not args.output.is_dir():
        raise InputError(f'{args.output}: there is no such folder')
    dataset = dataset_name(str(config.get('dataset')))
    if dataset not in ORIGINS:
        raise InputError(
            f'{args.run}: was trained on {dataset}, of whose origin and licence nothing is known '
            'here; state it in ORIGINS of publish.py'
        )
    if args.dataset and dataset_name(args.dataset) != dataset:
        raise InputError(
            f'{args.run}: was trained on {dataset}, not on {dataset_name(args.dataset)}'
        )
    if not RunDirectory(args.run).read_log():
        raise InputError(f'{args.run}: none of its epochs is complete yet')


def publish(run_directory, folder, *, name, streams):
    """Write all files of the model into the folder."""
    from ift6266 import Inpainter

    config = run_directory.read_config()
    options = {**config, 'dataset': dataset_name(config['dataset'])}
    if options.get('generator'):
        options['generator'] = model_name(options['generator'])
    provenance = run_directory.read_provenance()
    command = training_command(options)
    origin, licence = ORIGINS[options['dataset']]
    model = folder / models.FILE
    moved = write_halved(run_directory.generator, model, streams)
    comparisons = measure_all(options['dataset'], streams, {name: Inpainter.load(str(model))})
    write_config(folder / 'config.json', options, provenance)
    write_json(folder / 'measures.json', as_json(comparisons))
    (folder / 'log.jsonl').write_text(run_directory.log.read_text('utf-8'), 'utf-8')
    (folder / 'README.md').write_text(
        README.format(
            name=name,
            command=command,
            commit=commits(provenance),
            dataset=options['dataset'],
            origin=origin,
            digests=digests(provenance),
            epochs=len(run_directory.read_log()),
            moved=moved,
            licence=licence,
            measures=tables(comparisons),
        ),
        'utf-8',
    )


def dataset_name(dataset):
    """The name of a data set that is given by its name or by its file."""
    return Path(dataset).stem if dataset.endswith('.hdf5') else dataset


def model_name(model):
    """The name of a model that is given by its name, its run directory or its file."""
    return (Path(model).parent if model.endswith('.npz') else Path(model)).name


def training_command(options: dict) -> str:
    """The command that gives a training script these options, with defaults left out."""
    script = script_of(options)
    defaults = {field.name: field.default for field in fields(script.Options)}
    unknown = options.keys() - defaults.keys()
    if unknown:
        raise InputError(
            f'the run has an option {min(unknown)} that this version does not know; train it again'
        )
    defaults.update(RECIPES[options.get('recipe', 'report')], recipe='report')
    changed = [
        words(name, options[name])
        for name, default in defaults.items()
        if options.get(name, default) != default
    ]
    name, _, variant = script.__name__.partition('.')
    start = [f'experiments/{name}.py', *(['--variant', variant] if variant else [])]
    return ' '.join([*start, *chain(*changed)])


def script_of(options: dict):
    """The module of the training script, or of the variant of the literature, with such options."""
    if options.get('variant') in VARIANTS:
        return import_module(f'literature.{options["variant"]}')
    if 'loss' in options:
        return run_caption_gan
    return run_gan if 'critic_steps' in options else run_l2


def words(name: str, value) -> list[str]:
    """An option on the command line; flags that are set have no value."""
    if value is None or value is False:
        return []
    values = [] if value is True else value if isinstance(value, list) else [value]
    return ['--' + name.replace('_', '-'), *map(str, values)]


def open_streams(dataset, splits):
    """The splits of a data set, to measure on."""
    return [evaluation_stream(dataset, split, batch_size=BATCH_SIZE) for split in splits]


def write_halved(source, target, streams):
    """Write a model with filters in half precision.

    Returns by how many of 255 levels that moves a painted pixel at most; refuses what shows.
    """
    from ift6266 import Inpainter
    from ift6266.arrays import read_arrays, write_arrays
    from ift6266.networks.weights import halved

    whole = Inpainter.load(str(source))
    write_arrays(target, halved(read_arrays(source)))
    half = Inpainter.load(str(target))
    moved = max(
        float(abs(whole.fill(minibatch) - half.fill(minibatch)).max())
        for stream in streams
        for minibatch in whole.with_captions(stream, stream.caption_lists())
    )
    if not 255 * moved <= MOST_MOVED:
        raise InputError(
            f'{source}: half precision moves a painted pixel by {255 * moved:.2f} of 255 levels, '
            'which shows'
        )
    return 255 * moved


def measure_all(dataset, streams, painters):
    """The comparisons of compare.py, which tell the name of the data set and not where it is."""
    comparisons = []
    for stream in streams:
        path = stream.dataset.path
        comparison, _ = measure(stream, painters, dataset=path)
        left_out = [line.replace(path, dataset) for line in comparison.left_out]
        comparisons.append(replace(comparison, dataset=dataset, left_out=left_out))
    return comparisons


def tables(comparisons):
    """The comparisons for README.md."""
    return '\n\n'.join(map(markdown_table, comparisons))


def as_json(comparisons):
    """The object that compare.py --json prints."""
    return {'comparisons': [as_dict(comparison) for comparison in comparisons]}


def write_json(path, value):
    path.write_text(json.dumps(value, indent=2) + '\n', 'utf-8')


def commits(provenance):
    """The versions of the code that trained a run, for people to read."""
    shown = []
    for version in provenance.get('code', [{}]):
        commit = version.get('commit', 'not known')
        if version.get('changed'):
            commit += ' with changes that are in none'
        if shown:
            commit += f' from epoch {version["from_epoch"]} on'
        shown.append(commit)
    return ', '.join(shown)


def digests(provenance):
    """The digests of what a run was trained on, for people to read."""
    return (
        ', '.join(
            f'{CONTENTS[source]} of `{split}` {digest}'
            for split, sources in provenance.get('data', {}).items()
            for source, digest in sources.items()
        )
        or 'not known'
    )


if __name__ == '__main__':
    run(main)
