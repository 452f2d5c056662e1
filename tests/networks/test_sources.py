"""What networks take and paint, by the names of sources."""

import theano.tensor as T
from lasagne.layers import InputLayer
from nose.tools import assert_equal

from ift6266.networks.caption_generator import build_caption_generator, build_captionless_generator
from ift6266.networks.critic import build_critic
from ift6266.networks.generator import build_generator
from ift6266.networks.sources import input_layers, input_vars, target_source, training_sources
from tests.training.support import masked_generator, picture_critic


def test_input_variables():
    context, caption, centre = T.tensor4(), T.matrix(), T.tensor4()
    assert_equal(input_vars(build_generator(context)), {'context': context})
    assert_equal(
        input_vars(build_caption_generator(context, caption)),
        {'context': context, 'caption': caption},
    )
    assert_equal(input_vars(build_captionless_generator(context)), {'context': context})
    assert_equal(input_vars(build_critic(centre)), {'centre': centre})
    for view in ('surroundings', 'detail', 'grain'):
        critic = build_critic(centre, context, view=view)
        assert_equal(input_vars(critic), {'centre': centre, 'context': context})
    own = input_vars(build_caption_generator())
    assert_equal([variable.ndim for variable in own.values()], [4, 2])


def test_input_layers():
    for name, layer in input_layers(masked_generator()).items():
        assert_equal(layer.name, name)
    assert_equal(set(input_layers(masked_generator())), {'context', 'mask'})


def test_what_a_generator_paints():
    for build in (build_generator, build_caption_generator, build_captionless_generator):
        assert_equal(target_source(build()), 'centre')
    assert_equal(target_source(masked_generator()), 'picture')


def test_what_a_minibatch_holds_to_train():
    caption = InputLayer((None, 300), name='caption')
    for generator, critic, sources in (
        (build_generator(), None, ('context', 'centre')),
        (build_generator(), build_critic(), ('context', 'centre')),
        (build_generator(), build_critic(view='grain'), ('context', 'centre')),
        (build_generator(), picture_critic(), ('context', 'mask', 'centre')),
        (build_generator(), caption, ('context', 'caption', 'centre')),
        (build_caption_generator(), build_critic(), ('context', 'caption', 'centre')),
        (masked_generator(), None, ('context', 'mask', 'picture')),
        (masked_generator(), build_critic(), ('context', 'mask', 'picture')),
    ):
        assert_equal(training_sources(generator, critic), sources)
