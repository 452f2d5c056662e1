"""Options that go beyond the report; by default they do nothing."""

from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class BeyondL2:
    """Those of a generator and its reconstruction loss."""

    filters: list[int] | None = None
    weight_decay: float = 0
    decay: str | None = None


@dataclass(frozen=True, kw_only=True)
class BeyondGan:
    """Those of a critic, and of the algorithm that trains it beside the generator."""

    critic_normalization: str | None = None
    critic_view: str | None = None
    critic_blur: int | None = None
    joint: bool = False
    first_critic_steps: int | None = None
    optimizer: str = 'adam'
    generator_learning_rate: float | None = None
    critic_learning_rate: float | None = None
    warm_up: int = 0
    ramp: int = 0
