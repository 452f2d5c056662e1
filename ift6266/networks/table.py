"""A network as a table, in the form of the report's."""

from lasagne.layers import ConcatLayer, count_params, get_all_layers, get_output_shape

HEADER = ('layer', 'filters', 'input', 'output')


def _shape(layer):
    """The output shape of one picture: 3×64×64, with the parts of a concatenation apart."""
    if isinstance(layer, ConcatLayer):
        channels = ' + '.join(str(shape[1]) for shape in layer.input_shapes)
        return '({})×{}'.format(channels, '×'.join(map(str, get_output_shape(layer)[2:])))
    return '×'.join(map(str, get_output_shape(layer)[1:]))


def rows(network) -> list[tuple[str, ...]]:
    """A row (name, filters, input, output) for every layer of ``network`` with filters."""
    return [
        (layer.name, str(layer.num_filters), _shape(layer.input_layer), _shape(layer))
        for layer in get_all_layers(network)
        if hasattr(layer, 'num_filters')
    ]


def table(network) -> str:
    """The rows as Markdown, and the number of trainable parameters below."""
    cells = [HEADER] + rows(network)
    widths = [max(map(len, column)) for column in zip(*cells)]
    lines = [
        '| {} |'.format(' | '.join(cell.ljust(width) for cell, width in zip(row, widths)))
        for row in cells
    ]
    lines.insert(1, '| {} |'.format(' | '.join('-' * width for width in widths)))
    return '\n'.join(
        lines + ['', f'{count_params(network, trainable=True):,} trainable parameters']
    )
