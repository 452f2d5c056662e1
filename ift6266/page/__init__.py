"""A page in the browser on which holes are brushed and painted: ``python -m ift6266.page``."""
