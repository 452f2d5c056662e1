"""The option that all converters have."""


def add_output_filename(subparser, default):
    """Let the user name the HDF5 file, which else is called ``default``."""
    subparser.add_argument(
        '--output-filename',
        default=default,
        metavar='NAME.hdf5',
        help='name of the saved file (default: %(default)s)',
    )
