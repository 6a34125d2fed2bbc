from torch import nn


def count_parameters(network: nn.Module) -> int:
    """Of weights and biases, frozen ones included; running statistics are not counted."""
    return sum(parameter.numel() for parameter in network.parameters())
