"""Settings of L2 + WGAN under a name: what differs from the defaults of the options."""

RECIPES = {
    # The report's, to the letter.
    'report': {},
}
