"""The one exception for what a user can put right."""


class InputError(Exception):
    """What the user gave cannot be used.

    Its text is one line that says what is wrong with what, and what to do; the command lines print
    it to stderr and exit with status 1.
    """
