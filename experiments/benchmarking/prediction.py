"""A model of the time of a training step on many devices, and what it says for GPUs.

docs/scaling.md derives it, compares it with what was measured on a processor, and says where its
constants come from: those of GPUs and networks are assumptions until somebody measures them.
"""

import math

PICTURES = 82783  # in MSCOCO's train2014
BATCHES = (32, 128)  # on each GPU
GPUS = (1, 2, 4, 8, 16, 32, 64)
GPUS_OF_HOST = 8

# Milliseconds that one GPU takes whatever the minibatch, and for each picture; how often devices
# communicate in a step, and how many bytes there are to add up.
STEPS = {
    'l2 step': {'fixed_ms': 1.5, 'picture_ms': 0.047, 'times': 20, 'summed_bytes': 2.92e6},
    'wgan iteration': {'fixed_ms': 8, 'picture_ms': 0.125, 'times': 177, 'summed_bytes': 21.4e6},
}

# Between two devices: milliseconds until the first byte is there, and bytes in a millisecond.
WITHIN_HOST = {'latency_ms': 0.008, 'bytes_per_ms': 300e6}
NETWORKS = {
    '200 Gb/s InfiniBand': {'latency_ms': 0.010, 'bytes_per_ms': 20e6},
    '10 Gb/s Ethernet': {'latency_ms': 0.050, 'bytes_per_ms': 1.1e6},
}


def step_ms(
    devices: int,
    batch: int,
    *,
    fixed_ms: float,
    picture_ms: float,
    times: int,
    summed_bytes: float,
    latency_ms: float,
    bytes_per_ms: float,
) -> float:
    """A step on ``batch`` pictures: computing, waiting for each sum, and sending what is added up.

    A sum goes up and down a tree of the devices, log₂ n steps each way; of S bytes each device
    sends 2 S (n − 1) / n.
    """
    computing = fixed_ms + picture_ms * batch / devices
    waiting = times * 2 * math.ceil(math.log2(devices)) * latency_ms
    sending = 2 * summed_bytes * (devices - 1) / devices / bytes_per_ms
    return computing + waiting + sending


def predictions() -> list[dict]:
    """A dict for each kind of step, network, minibatch of one GPU, and number of them."""
    rows = []
    for what, step in STEPS.items():
        for network, between_hosts in NETWORKS.items():
            for batch in BATCHES:
                alone = step_ms(1, batch, **step, **WITHIN_HOST)
                for gpus in GPUS:
                    links = WITHIN_HOST if gpus <= GPUS_OF_HOST else between_hosts
                    milliseconds = step_ms(gpus, gpus * batch, **step, **links)
                    rows.append({
                        'what': what,
                        'network': network,
                        'batch_of_one': batch,
                        'gpus': gpus,
                        'ms': milliseconds,
                        'efficiency': alone / milliseconds,
                        'epoch_seconds': PICTURES // (gpus * batch) * milliseconds / 1000,
                    })
    return rows
