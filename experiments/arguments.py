"""The command line of a training script, made from the fields of its options.

A script's options are a frozen dataclass; what a field means, and what it may be, is here.
"""

import argparse
from dataclasses import fields
from pathlib import Path

from literature import VARIANTS
from options import COUNT, POSITIVE, Parser, number
from recipes import RECIPES

from ift6266.backends import BACKENDS, PRECISIONS, backend_name
from ift6266.holes import HOLES
from ift6266.models import names
from ift6266.networks import CRITICS, GENERATORS
from ift6266.objectives import ADVERSARIAL_LOSSES, CONSTRAINTS, RECONSTRUCTIONS
from ift6266.training import DECAYS


def data_set(text: str) -> str:
    """An argparse type: the absolute path of a file, or else a name, as it is."""
    return str(Path(text).resolve()) if Path(text).is_file() else text


def address(text: str) -> str:
    """An argparse type: HOST:PORT, as it is."""
    host, _, port = text.rpartition(':')
    if not host or not port.isdigit() or not 0 < int(port) < 2**16:
        raise argparse.ArgumentTypeError(f'{text!r} is not HOST:PORT')
    return text


def model(text: str) -> str:
    """An argparse type: the absolute path of a model's file or run, or else its name, as it is."""
    is_path = Path(text).suffix == '.npz' or (Path(text).is_dir() and text not in names())
    return str(Path(text).resolve()) if is_path else text


def argument(help, type=None, metavar=None, **others):  # noqa: PLR0917  as argparse has them
    """The keywords of ``add_argument``."""
    given = {'help': help, 'type': type, 'metavar': metavar, **others}
    return {name: value for name, value in given.items() if value is not None}


def chosen(choices, help):
    """The keywords of an option that names one of ``choices``."""
    return {'choices': tuple(choices), 'help': help}


ARGUMENTS = {
    'variant': chosen(VARIANTS, 'what is trained; --list says what each is'),
    'adam': argument("train by Adam in place of the paper's gradient descent"),
    'recipe': chosen(RECIPES, 'what the other options are by default; docs/recipe.md'),
    'dataset': argument('pictures to train on', data_set, 'NAME|FILE.hdf5'),
    'epochs': argument('passes through them', COUNT, 'N'),
    'batch_size': argument('pictures in a minibatch', COUNT, 'N'),
    'learning_rate': argument('of the optimizer', POSITIVE, 'RATE'),
    'seed': argument(
        'of the first weights and of the order of the pictures', number(int, 0, 2**32 - 1), 'N'
    ),
    'limit': argument('train on the first N pictures alone', COUNT, 'N'),
    'network': chosen(GENERATORS, "the generator; the report's unless another is named"),
    'reconstruction': chosen(RECONSTRUCTIONS, 'the loss that compares painted pixels with true'),
    'backend': chosen(BACKENDS, 'what runs the compiled functions') | {'type': backend_name},
    'precision': chosen(
        PRECISIONS,
        'of the products in training; bfloat16 is for processors with AMX and for GPUs, tf32, '
        'which takes the backend xla, for GPUs',
    ),
    'steps_per_call': argument(
        'iterations that are one program, which takes the backend xla; by default 1 on processors, '
        '16 on GPUs',
        COUNT,
        'N',
    ),
    'devices': argument(
        'split each minibatch over so many devices of each host; takes the backend xla', COUNT, 'N'
    ),
    'coordinator': argument(
        'split it over hosts as well, on each of which the script is started: where the first of '
        'them listens',
        address,
        'HOST:PORT',
    ),
    'process': argument('which of them this is, from 0', number(int, 0), 'I'),
    'processes': argument('how many there are', COUNT, 'N'),
    'hosts': argument(
        'ask SLURM or Open MPI for these three, where it started the script on each host'
    ),
    'output': argument('the run directory', Path, 'DIR'),
    'resume': argument('continue the run in the run directory, with its options'),
    # L2 + WGAN.
    'critic': chosen(CRITICS, 'the critic'),
    'critic_steps': argument('critic steps for each generator step', COUNT, 'N'),
    'adversarial': chosen(ADVERSARIAL_LOSSES, 'the losses of critic and generator'),
    'constraint': chosen(CONSTRAINTS, "what keeps the critic's parameters small"),
    'clip': argument(
        "limit of the critic's parameters; by default 0.03 with five critic steps, else 0.05; with "
        '--constraint spectral of their singular values, by default 1',
        POSITIVE,
        'C',
    ),
    'critic_outputs': argument(
        "filters of the critic's last layer: 256 in the report, 1 in its notebook", COUNT, 'N'
    ),
    'critic_leakiness': argument(
        "of the critic's rectifiers below zero: 0.01 in the notebook, 0 for the ReLU of the "
        "report's text",
        number(float, 0, 1),
        'SLOPE',
    ),
    'loss': chosen(('gan', 'l2'), 'L2 and WGAN, or L2 alone'),
}

BEYOND_THE_REPORT = {
    'filters': argument(
        "of the generator's convolutions; 64 128 192 256 in the report's notebook",
        COUNT,
        'N',
        nargs='+',
    ),
    'flips': argument(
        'mirror half of the pictures, others in each epoch; not their captions, where those say '
        'left or right'
    ),
    'crops': argument(
        'enlarge this share of the pictures by 1 to 1.4 and crop them, others in each epoch',
        number(float, 0, 1),
        'SHARE',
    ),
    'weight_decay': argument(
        'let filters shrink by this share of the learning rate at each step of Adam, which is '
        'AdamW; 0.01, say',
        number(float, 0, 1),
        'SHARE',
    ),
    'decay': chosen(
        DECAYS,
        'let the learning rates fall to zero: linearly over the second half of the run, which '
        '--decay alone says as well, or along a cosine',
    )
    | {'nargs': '?', 'const': 'linear'},
    'holes': chosen(HOLES, 'where the pictures are blank; the centre in the report'),
    'generator': argument('begin with the parameters of this trained one', model, 'NAME|RUN'),
    'average': argument(
        "evaluate and save a moving average of the generator's parameters, which keeps this share "
        'of itself at each update; 0.999, say',
        number(float, 0, 1 - 1e-6),
        'DECAY',
    ),
    'save': chosen(
        ('best', 'last'),
        "which epoch's generator is kept: that with the lowest held-out squared error, which a "
        'critic would rather see higher, or the last',
    ),
    'hold_out': argument(
        'set the last N training pictures aside, and validate on them rather than on the split '
        'valid: to choose settings by',
        COUNT,
        'N',
    ),
    'warm_up': argument('first train N of the epochs on L2 alone', number(int, 0), 'N'),
    'adversarial_weight': argument(
        "of the adversarial loss in the generator's loss", POSITIVE, 'W'
    ),
    'ramp': argument(
        'let that weight rise from zero over the first N epochs with a critic', number(int, 0), 'N'
    ),
    'critic_normalization': chosen(
        ('batch', 'layer', 'instance', 'none'),
        'of its feature maps: over the minibatch, over each picture, over each map of each '
        'picture, or none',
    ),
    'joint': argument('show it photographs and painted pictures as one minibatch'),
    'critic_view': chosen(
        ('centre', 'surroundings', 'detail', 'grain'),
        'what it sees: the centre, eight pixels around it as well, the finest detail of the '
        'centre, or the detail in grey and in differences of colours, of the centre and eight '
        'pixels around it',
    ),
    'critic_blur': argument(
        'blur the whole picture that it sees by a binomial filter that reaches N pixels',
        number(int, 0, 8),
        'N',
    ),
    'optimizer': chosen(('adam', 'rmsprop'), 'of both networks while there is a critic'),
    'beta1': argument("decay of that Adam's first moments", number(float, 0, 0.999), 'B'),
    'generator_learning_rate': argument(
        'while there is a critic; by default --learning-rate', POSITIVE, 'RATE'
    ),
    'critic_learning_rate': argument('by default --learning-rate', POSITIVE, 'RATE'),
    'first_critic_steps': argument(
        'critic steps for each of the first 25 generator steps and for every 500th; 100 in the '
        'code of the WGAN paper',
        COUNT,
        'N',
    ),
}


def parse(cls: type, description: str, arguments: list[str] | None = None, **defaults):
    """Options of the class ``cls``: from the command line, else ``defaults``, else the recipe's.

    ``arguments`` are those of the command line unless given.  Defaults that are no such values, as
    a run's damaged config.json may have them, end the script as wrong arguments do.
    """
    parser = Parser(description)
    beyond = parser.add_argument_group('beyond the report')
    for field in fields(cls):
        flag = {'action': 'store_true'} if field.type is bool else {}
        group = beyond if field.name in BEYOND_THE_REPORT else parser
        keywords = {**ARGUMENTS, **BEYOND_THE_REPORT}[field.name]
        group.add_argument(option_of(field.name), default=field.default, **keywords, **flag)
    names = {field.name for field in fields(cls)}
    recipe = RECIPES[parser.parse_args(arguments).recipe]
    if not recipe.keys() <= names:
        parser.error(f'argument --recipe: it has settings that {parser.prog} does not')
    given = {name: value for name, value in defaults.items() if value not in (None, False)}
    checked = parser.parse_args([text for each in given.items() for text in as_arguments(*each)])
    for name, value in given.items():
        if getattr(checked, name) != value:
            parser.error(f'argument {option_of(name)}: {value!r} is no such value')
    parser.set_defaults(**{**recipe, **defaults})
    return cls(**vars(parser.parse_args(arguments)))


def option_of(name: str) -> str:
    """The option of a field."""
    return '--' + name.replace('_', '-')


def as_arguments(name: str, value) -> list[str]:
    """The arguments that give a field its value."""
    if value is True:
        return [option_of(name)]
    if isinstance(value, list):
        return [option_of(name), *map(str, value)]
    return [f'{option_of(name)}={value}']
