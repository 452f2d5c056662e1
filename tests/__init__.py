import ift6266  # noqa: F401  (the shims, before a test imports Theano or Lasagne)
