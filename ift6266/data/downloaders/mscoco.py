"""Downloads the official MSCOCO 2014 files: pictures and captions, 20 GB."""

from argparse import ArgumentParser
from collections.abc import Callable, Sequence

FILES = (  # address, size in bytes
    ('http://images.cocodataset.org/zips/train2014.zip', 13510573713),
    ('http://images.cocodataset.org/zips/val2014.zip', 6645013297),
    ('http://images.cocodataset.org/annotations/annotations_trainval2014.zip', 252872794),
)


def fill_subparser(subparser: ArgumentParser) -> Callable:
    """Sets up a subparser to download the MSCOCO 2014 files, 20 GB."""
    subparser.set_defaults(files=FILES)
    return download_mscoco


def download_mscoco(
    directory: str, files: Sequence[tuple[str, int]] = FILES, clear: bool = False
) -> None:
    """Downloads the official files, continuing where an earlier download stopped.

    Parameters
    ----------
    directory
        Where to save them; made where it is missing.
    files
        Addresses, and sizes in bytes.
    clear
        Delete the files, partial ones too, instead.
    """
    # This imports requests, which takes 0.3 s and which --help does not need.
    from ift6266.data.downloaders.base import clear_files, download_files

    (clear_files if clear else download_files)(directory, files)
