"""The report's literature: a variant in a module each, which has its name.

It has ``GENERATOR``, an architecture; ``CRITIC``, the name of one, where there is one; ``Options``,
the class of its options, whose defaults are its constants; and ``train(options)``, which reads as a
method section: networks, losses, algorithm, loop.
"""

VARIANTS = (
    'autoencoder',
    'context_encoder',
    'dcgan',
    'pix2pix',
    'densenet',
    'unet',
    'wgan',
    'report_l2',
    'report_wgan',
    'notebook_l2',
)
