"""Train the report's third system: L2, a Wasserstein GAN and the photographs' captions.

The sentence vector of a caption, drawn anew for each picture in each epoch, joins the
generator at its bottleneck of one pixel; critic and losses are those of run_gan.py. The
data set needs caption vectors: python -m ift6266.captions FILE.hdf5 adds them. With
--without-captions the same generator is trained on pictures alone, to compare with.
"""

from adversarial import add_adversarial_options, parse_adversarial_options
from algorithms import build_first, build_l2, build_l2_wgan
from options import Parser, add_training_options, begin_run, run

from ift6266.backends import Backend
from ift6266.errors import InputError


def main():
    parser = Parser(__doc__)
    add_training_options(parser, output='caption_gan')
    add_caption_options(parser)
    add_adversarial_options(parser)
    options = parse_adversarial_options(parser)
    captions = not options.without_captions
    kind = 'caption_generator' if captions else 'captionless_generator'
    generator = build_first(options, kind)
    embedding = caption_embedding(options).companions() if captions else None
    streams, directory = begin_run(options, captions)

    from ift6266.training.run import train

    if options.loss == 'l2':
        algorithm, schedules = build_l2(options, generator, options.epochs)
    else:
        algorithm, schedules = build_l2_wgan(options, generator)
    return train(
        algorithm,
        generator,
        kind,
        streams,
        options.epochs,
        directory,
        schedules,
        options.average,
        options.save,
        Backend(options.backend),
        embedding,
    )


def caption_embedding(options):
    """The embedding of the data set, which that of a generator to begin with has to be."""
    from ift6266.backends.xla.processes import this_process
    from ift6266.captions.storage import read_embedding, read_embedding_of_model
    from ift6266.data.datasets import find_dataset
    from ift6266.models import find as find_model

    with this_process().together():
        embedding = read_embedding(find_dataset(options.dataset))
        begins = options.generator and not options.resume
        if begins and not embedding.same_as(read_embedding_of_model(find_model(options.generator))):
            raise InputError(
                f'{options.generator}: hears captions by another embedding than that '
                f'of {options.dataset}; run python -m ift6266.captions '
                f'{options.dataset} --embedding {options.generator} to embed these '
                'as it does, or leave --generator out'
            )
    return embedding


def add_caption_options(parser):
    """The options that no other script has."""
    parser.add_argument(
        '--loss', choices=('gan', 'l2'), default='gan', help='L2 and WGAN, or L2 alone'
    )
    parser.add_argument(
        '--without-captions',
        action='store_true',
        help='leave the sentence vector out of the generator',
    )


if __name__ == '__main__':
    run(main)
