"""Words in: tokens, word vectors, sentence vectors."""
