"""What the scripts that take any model share: models that take captions, and captions for them."""
import logging

logger = logging.getLogger('ift6266.captions')


def add_model_option(parser):
    """``--model``, as :func:`ift6266.models.find` takes it."""
    parser.add_argument('--model', required=True, metavar='NAME|FILE', help=model_help())


def model_help():
    """What a model may be, for people to read."""
    from ift6266.models import names
    return 'one that comes with the package ({}), or the generator.npz of a run'.format(
        ', '.join(names()))


def load_generator(model):
    """The generator of a name or file, and the embedding of its captions.

    The embedding is None where it takes no captions.
    """
    from ift6266.captions.storage import read_embedding_of_model
    from ift6266.models import find
    from ift6266.networks import takes_caption
    from ift6266.networks.weights import load_network
    path = find(model)
    generator = load_network(path)
    return generator, read_embedding_of_model(path) if takes_caption(generator) else None


def average_captions(embedding, captions):
    """The mean vector of each picture's captions, lists of str, that may be empty."""
    silent = sum(not lines for lines in captions)
    if silent:
        logger.warning('%d of %d pictures have no caption: the mean training vector stands for '
                       'them', silent, len(captions))
    return embedding.average(captions)


class Painter:
    """A way of painting, with captions where it takes them.

    Parameters
    ----------
    inpaint : callable
        (context,) → centres, or (context, caption) → centres where there is an embedding.
    embedding : :class:`~ift6266.captions.embedding.CaptionEmbedding`, optional
    """
    def __init__(self, inpaint, embedding=None):
        self.inpaint, self.embedding = inpaint, embedding

    def inputs(self, minibatches, captions):
        """(context, target) minibatches with the vectors of the captions, where it takes any.

        ``captions`` is a list of str for each picture.
        """
        from ift6266.evaluation.ablation import with_vectors
        if self.embedding is None:
            return minibatches
        return with_vectors(minibatches, average_captions(self.embedding, captions))

    def paint(self, context, captions):
        """The painted centres of one minibatch."""
        (*inputs, _), = self.inputs([(context, None)], captions)
        return self.inpaint(*inputs)
