"""Training: algorithms, optimizers, the main loop and its extensions."""

from ift6266.tables import Table, attributes

# Ways in which a learning rate falls to zero over a span of epochs.
DECAYS = Table(
    linear='ift6266.training.extensions:LinearDecay',
    cosine='ift6266.training.extensions:CosineDecay',
)
__getattr__ = attributes(
    __name__,
    Table(
        Adam='ift6266.training.optimizers:Adam',
        RMSProp='ift6266.training.optimizers:RMSProp',
        SGD='ift6266.training.optimizers:SGD',
        Reconstruction='ift6266.training.algorithms:Reconstruction',
        Adversarial='ift6266.training.algorithms:Adversarial',
        WarmUp='ift6266.training.algorithms:WarmUp',
        LinearRise='ift6266.training.extensions:LinearRise',
        shared_scalar='ift6266.training.run:shared_scalar',
    ),
)
