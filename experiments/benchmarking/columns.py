"""Tables for people to read in a terminal."""


def aligned(rows):
    """A line for each of ``rows``, lists of str, their columns one below the other."""
    widths = [max(map(len, column)) for column in zip(*rows)]
    return [
        '  '.join(cell.ljust(width) for cell, width in zip(row, widths)).rstrip() for row in rows
    ]
