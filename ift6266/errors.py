"""The exceptions for what a user can put right."""


class InputError(Exception):
    """What the user gave cannot be used.

    Its text is one line that says what is wrong with what, and what to do; the command lines print
    it to stderr and exit with status 1.
    """


class DivergenceError(InputError):
    """A model paints what is not finite, whatever the picture: its training has diverged."""
