"""Train the report's first system: the generator alone, on the squared error (L2).

Every convolution is 4x4 with stride 2, batch-normalized and rectified; the decoder sees
the encoder's feature maps through concatenating skip connections. Adam, learning rate
2e-3, beta (0.5, 0.999), minibatches of 32.
"""

from algorithms import build_first, build_l2
from options import (
    LAST_LAYERS,
    Parser,
    add_generator_options,
    add_training_options,
    begin_run,
    parse_training_options,
    run,
)

from ift6266.backends import Backend


def main():
    parser = Parser(__doc__)
    add_training_options(parser, output='l2')
    add_generator_options(parser)
    options = parse_training_options(parser)
    kind = LAST_LAYERS[options.last_layer]
    generator = build_first(options, kind)
    streams, directory = begin_run(options)

    from ift6266.training.run import train

    algorithm, schedules = build_l2(options, generator, options.epochs)
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
    )


if __name__ == '__main__':
    run(main)
