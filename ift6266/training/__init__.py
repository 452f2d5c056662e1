"""Training: algorithms, optimizers, the main loop and its extensions."""

from ift6266.tables import Table, attributes

__getattr__ = attributes(
    __name__,
    Table(
        Adam='ift6266.training.optimizers:Adam',
        RMSProp='ift6266.training.optimizers:RMSProp',
        SGD='ift6266.training.optimizers:SGD',
        Reconstruction='ift6266.training.algorithms:Reconstruction',
        Adversarial='ift6266.training.algorithms:Adversarial',
        WarmUp='ift6266.training.algorithms:WarmUp',
        LinearDecay='ift6266.training.extensions:LinearDecay',
        LinearRise='ift6266.training.extensions:LinearRise',
        shared_scalar='ift6266.training.run:shared_scalar',
    ),
)
