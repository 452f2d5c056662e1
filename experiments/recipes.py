"""Settings of L2 + WGAN under a name: what differs from the defaults of the options."""

RECIPES = {
    # The report's, to the letter.
    'report': {},
    # Paints texture and keeps the colours: docs/recipe.md says how it was found.
    'texture': {
        'epochs': 9,
        'warm_up': 8,
        'flips': True,
        'decay': True,
        'critic_view': 'grain',
        'critic_normalization': 'layer',
        'critic_steps': 1,
        'clip': 0.03,
        'adversarial_weight': 0.09,
        'generator_learning_rate': 5e-4,
        'critic_learning_rate': 1e-4,
        'average': 0.99,
        'save': 'last',
    },
}
