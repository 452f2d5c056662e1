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
VARIED = {'flips': True, 'crops': 0.5}
# The epoch is chosen on pictures set aside.
SQUARED_ERROR = {**VARIED, 'decay': 'cosine', 'average': 0.999, 'hold_out': 2000}
RESIDUAL_UNET = {**SQUARED_ERROR, 'network': 'residual_unet', 'weight_decay': 0.01}
# With a critic of the whole picture.
TEXTURE = {
    **VARIED,
    'network': 'residual_unet',
    'critic': 'picture_critic',
    'critic_blur': 1,
    'adversarial': 'relativistic_hinge',
    'constraint': 'spectral',
    'critic_steps': 1,
    'adversarial_weight': 0.01,
    'generator_learning_rate': 2e-4,
    'critic_learning_rate': 4e-4,
    'beta1': 0.0,
    'decay': 'linear',
    'average': 0.995,
    'save': 'last',
}
# For drawn scenes, and with a critic.
SHAPES = {
    'dataset': 'shapes',
    'epochs': 24,
    'decay': 'cosine',
    'weight_decay': 1e-4,
    'average': 0.999,
}

RECIPES = {
    'report': {},  # the report's settings, to the letter
    'l2': {**SQUARED_ERROR, 'epochs': 36, 'weight_decay': 1e-4},
    'anyhole': {**RESIDUAL_UNET, 'epochs': 12, 'holes': 'anywhere', 'learning_rate': 1e-3},
    'best': {**RESIDUAL_UNET, 'epochs': 5, 'generator': 'anyhole', 'learning_rate': 5e-4},
    'texture': {
        **TEXTURE,
        'epochs': 3,
        'generator': 'anyhole',
        'holes': 'anywhere',
        'hold_out': 2000,
    },
    'quick': {**TEXTURE, 'epochs': 1, 'limit': 2688, 'generator': 'texture'},
    'grain': {**GRAIN, 'epochs': 9, 'warm_up': 8},
    'shapes': SHAPES,
    'shapes_gan': {**SHAPES, 'warm_up': 8, 'critic_steps': 1, 'adversarial_weight': 0.01},
}
