"""A model of the time of a training step on many devices, and what it says for GPUs.

docs/scaling.md derives it, compares it with what was measured on a processor, and says where its
constants come from: those of GPUs and networks are assumptions until somebody measures them.
"""
import math

PICTURES = 82783  # in MSCOCO's train2014
BATCH = 32        # on each GPU
GPUS = (1, 2, 4, 8, 16, 32, 64)
GPUS_OF_HOST = 8

# What one GPU takes for a minibatch of 32, in milliseconds, and what is communicated in a step:
# how often, and how many bytes there are to add up.
STEPS = {'l2 step': {'alone_ms': 3., 'times': 32, 'summed_bytes': 2.92e6},
         'wgan iteration': {'alone_ms': 12., 'times': 283, 'summed_bytes': 21.4e6}}

# Between two devices: milliseconds until the first byte is there, and bytes in a millisecond.
WITHIN_HOST = {'latency_ms': 0.008, 'bytes_per_ms': 300e6}
NETWORKS = {'200 Gb/s InfiniBand': {'latency_ms': 0.010, 'bytes_per_ms': 20e6},
            '10 Gb/s Ethernet': {'latency_ms': 0.050, 'bytes_per_ms': 1.1e6}}


def step_ms(alone_ms, times, summed_bytes, devices, latency_ms, bytes_per_ms):
    """The step's own time, that of waiting for each sum, and that of sending what is added up.

    A sum goes up and down a tree of the devices, log₂ n steps each way; of S bytes each device
    sends 2 S (n − 1) / n.
    """
    waiting = times * 2 * math.ceil(math.log2(devices)) * latency_ms
    sending = 2 * summed_bytes * (devices - 1) / devices / bytes_per_ms
    return alone_ms + waiting + sending


def predictions():
    """A dict for each kind of step, network and number of GPUs, each with a minibatch of its own."""
    rows = []
    for what, step in STEPS.items():
        for network, between_hosts in NETWORKS.items():
            for gpus in GPUS:
                links = WITHIN_HOST if gpus <= GPUS_OF_HOST else between_hosts
                milliseconds = step_ms(devices=gpus, **step, **links)
                rows.append({'what': what, 'network': network, 'gpus': gpus,
                             'batch': gpus * BATCH, 'ms': milliseconds,
                             'efficiency': step['alone_ms'] / milliseconds,
                             'epoch_seconds':
                                 PICTURES // (gpus * BATCH) * milliseconds / 1000})
    return rows
