"""What the scripts that take any model share: models that take captions, and captions for them."""
import logging

logger = logging.getLogger('ift6266.captions')


def load_generator(model):
    """The generator in a file, and the embedding of its captions, None where it takes none."""
    from ift6266.captions.storage import read_embedding_of_model
    from ift6266.networks import takes_caption
    from ift6266.networks.weights import load_network
    generator = load_network(model)
    return generator, read_embedding_of_model(model) if takes_caption(generator) else None


def average_captions(embedding, captions):
    """The mean vector of each picture's captions, lists of str, that may be empty."""
    silent = sum(not lines for lines in captions)
    if silent:
        logger.warning('%d of %d pictures have no caption: the mean training vector stands for '
                       'them', silent, len(captions))
    return embedding.average(captions)
