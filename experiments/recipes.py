"""Settings under a name: what differs from the defaults of a script's options."""

# A clipped critic that paints grain and keeps the colours: docs/recipe.md says how it was found.
GRAIN = {
    'flips': True,
    'decay': 'linear',
    'critic_view': 'grain',
    'critic_normalization': 'layer',
    'critic_steps': 1,
    'clip': 0.03,
    'adversarial_weight': 0.09,
    'generator_learning_rate': 5e-4,
    'critic_learning_rate': 1e-4,
    'average': 0.99,
    'save': 'last',
}
RESIDUAL_UNET = {'network': 'residual_unet', 'flips': True, 'crops': 0.5}
# On the squared error, its epoch chosen on pictures set aside.
SQUARED_ERROR = {
    **RESIDUAL_UNET,
    'decay': 'cosine',
    'weight_decay': 0.01,
    'average': 0.999,
    'hold_out': 2000,
}
# With a critic of the whole picture.
TEXTURE = {
    **RESIDUAL_UNET,
    'generator': 'anyhole',
    'critic': 'picture_critic',
    'adversarial': 'relativistic_hinge',
    'constraint': 'spectral',
    'critic_steps': 1,
    'adversarial_weight': 0.0075,
    'learning_rate': 4e-4,
    'generator_learning_rate': 2e-4,
    'beta1': 0.0,
    'holes': 'anywhere',
    'decay': 'linear',
    'average': 0.995,
    'save': 'last',
}
# For drawn scenes, and with a critic: enough epochs to see what captions are worth.
SHAPES = {'dataset': 'shapes', 'epochs': 6, 'decay': 'linear'}

RECIPES = {
    'report': {},  # the report's settings, to the letter
    'l2': {'epochs': 10, 'flips': True, 'decay': 'linear'},
    'anyhole': {**SQUARED_ERROR, 'epochs': 12, 'holes': 'anywhere', 'learning_rate': 1e-3},
    'best': {**SQUARED_ERROR, 'epochs': 5, 'generator': 'anyhole', 'learning_rate': 5e-4},
    'texture': {**TEXTURE, 'epochs': 3},
    'grain': {**GRAIN, 'epochs': 9, 'warm_up': 8},
    'quick_grain': {**GRAIN, 'epochs': 5, 'warm_up': 4},
    'shapes': SHAPES,
    'shapes_gan': {**SHAPES, 'warm_up': 2, 'critic_steps': 1, 'adversarial_weight': 0.01},
}
