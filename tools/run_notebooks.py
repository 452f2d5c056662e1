"""Run the notebooks with their default settings, and keep their outputs in them.

A reader on the web then sees pictures.  Run by `make notebooks` before such outputs are committed.
"""

from pathlib import Path

import nbformat
from nbclient import NotebookClient

from ift6266.files import whole_file

NOTEBOOKS = Path(__file__).resolve().parents[1] / 'notebooks'


def run(path: Path) -> None:
    notebook = nbformat.read(path, as_version=4)
    # Times of execution would make a difference of every run.
    client = NotebookClient(
        notebook,
        timeout=600,
        kernel_name='python3',
        record_timing=False,
        resources={'metadata': {'path': str(path.parent)}},
    )
    client.execute()
    notebook.metadata['language_info'] = {'name': 'python'}  # of any version
    with whole_file(path) as temporary:
        nbformat.write(notebook, temporary)


if __name__ == '__main__':
    for path in sorted(NOTEBOOKS.glob('*.ipynb')):
        print(path.name, flush=True)
        run(path)
