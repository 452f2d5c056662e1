"""What all variants take."""

from dataclasses import dataclass

from running import RunOptions

# Minibatches of 32, 64 and 128 make as many updates in these: 12,496 (12,480 of 128) with the
# 50,000 pictures of natural64.
EPOCHS_OF_32, EPOCHS_OF_64, EPOCHS_OF_128 = 8, 16, 32


@dataclass(frozen=True, kw_only=True)
class Variant(RunOptions):
    """The generator that is kept is the last: nothing is chosen on held-out pictures."""

    variant: str
    epochs: int = EPOCHS_OF_32
    batch_size: int = 32
    learning_rate: float = 2e-3
    save: str = 'last'
