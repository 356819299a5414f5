"""Made-up names and a small tanh network that learns them: what the training figures share.

The data are 'names' over 27 symbols (26 letters, and one that ends a name) from a random Markov
chain: each letter is drawn from a distribution that depends on the letter before it. That is
enough for plots of activations, gradients and updates, which depend on the network's scales and
hardly on the data; and, unlike for real names, the lowest possible loss is known: the chain's
entropy rate.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterator
from dataclasses import dataclass

import torch
import torch.nn.functional as F  # noqa: N812 - its customary name
from torch import Tensor

torch.set_num_threads(1)

SYMBOLS = 27
CONTEXT = 3
#: The gain that keeps the scale of activations through a stack of tanh layers.
TANH_GAIN = 5 / 3


def chain(seed: int = 1) -> Tensor:
    """Return the transition probabilities, of shape (27, 27); symbol 0 starts and ends a name."""
    generator = torch.Generator().manual_seed(seed)
    draws = torch.rand(SYMBOLS, SYMBOLS, generator=generator, dtype=torch.float64)
    rows = (9 * draws).exp()
    rows[:, 0] = 0
    rows = rows / rows.sum(1, keepdim=True) * 0.85
    rows[:, 0] = 0.15
    rows[0] = torch.cat([torch.zeros(1), rows[0, 1:] / 0.85])
    return rows


def entropy_rate(probabilities: Tensor) -> float:
    """Return the lowest mean loss in nats that any model of the chain can have in the long run."""
    start = torch.full((SYMBOLS,), 1 / SYMBOLS, dtype=torch.float64)
    visits = start @ torch.linalg.matrix_power(0.5 * (probabilities + torch.eye(SYMBOLS)), 500)
    return float(visits @ torch.special.entr(probabilities).sum(1))


def dataset(names: int, seed: int) -> tuple[Tensor, Tensor]:
    """Draw names; return the contexts, of shape (examples, 3), and the symbols that follow."""
    generator, probabilities = torch.Generator().manual_seed(seed), chain()
    contexts, targets = [], []
    for _ in range(names):
        context = [0] * CONTEXT
        while True:
            drawn = int(torch.multinomial(probabilities[context[-1]], 1, generator=generator))
            contexts.append(context)
            targets.append(drawn)
            if drawn == 0:
                break
            context = [*context[1:], drawn]
    return torch.tensor(contexts), torch.tensor(targets)


@dataclass(frozen=True)
class Setup:
    """How a network is built: its size and the scales of its initial weights."""

    gain: float = TANH_GAIN
    output_scale: float = 0.1
    hidden: int = 100
    depth: int = 5
    embedding: int = 10
    bias_scale: float = 0.0  # standard deviation of the hidden layers' initial biases
    fan_in: bool = True  # divide weights by the square root of the number of inputs
    batchnorm: bool = False
    activation: str = "tanh"  # or "relu" or "none"
    seed: int = 2147483647


ACTIVATIONS = {"tanh": torch.tanh, "relu": torch.relu, "none": lambda x: x}


class Net:
    """An MLP: embedding, ``depth`` hidden layers, and an output layer with 27 logits.

    ``hidden`` keeps the activations of the last forward pass, first layer first.
    """

    def __init__(self, setup: Setup) -> None:
        self.setup = setup
        generator = torch.Generator().manual_seed(setup.seed)
        sizes = [CONTEXT * setup.embedding] + [setup.hidden] * setup.depth + [SYMBOLS]
        self.table = torch.randn(SYMBOLS, setup.embedding, generator=generator)
        self.weights = []
        for at, (n_in, n_out) in enumerate(itertools.pairwise(sizes)):
            scale = setup.gain if at < setup.depth else setup.output_scale
            scale = scale / math.sqrt(n_in) if setup.fan_in else scale
            self.weights.append(scale * torch.randn(n_in, n_out, generator=generator))
        self.biases = [
            setup.bias_scale * torch.randn(size, generator=generator) for size in sizes[1:-1]
        ]
        self.biases.append(torch.zeros(SYMBOLS))
        self.gammas = [torch.ones(size) for size in sizes[1:-1]]
        self.parameters = [self.table, *self.weights, *self.biases]
        self.parameters += self.gammas if setup.batchnorm else []
        self.hidden: list[Tensor] = []
        for parameter in self.parameters:
            parameter.requires_grad_()

    def __call__(self, contexts: Tensor) -> Tensor:
        """Return the logits, of shape (examples, 27)."""
        x = self.table[contexts].flatten(1)
        self.hidden = []
        for weight, bias, gamma in zip(self.weights, self.biases, self.gammas, strict=False):
            x = x @ weight
            x = gamma * F.batch_norm(x, None, None, training=True) if self.setup.batchnorm else x
            x = ACTIVATIONS[self.setup.activation](x + bias)
            self.hidden.append(x)
        return x @ self.weights[-1] + self.biases[-1]

    def loss(self, contexts: Tensor, targets: Tensor) -> Tensor:
        """Return the mean cross-entropy in nats."""
        return F.cross_entropy(self(contexts), targets)

    def backward(self, contexts: Tensor, targets: Tensor) -> float:
        """Fill in the gradients of parameters and activations; return the loss."""
        for parameter in self.parameters:
            parameter.grad = None
        loss = self.loss(contexts, targets)
        for activation in self.hidden:
            activation.retain_grad()
        loss.backward()
        return loss.item()

    @torch.no_grad()
    def step(self, rate: float) -> None:
        """Take a step of plain gradient descent."""
        for parameter in self.parameters:
            parameter.sub_(rate * parameter.grad)


def batches(
    contexts: Tensor, targets: Tensor, steps: int, size: int = 32, seed: int = 3
) -> Iterator[tuple[Tensor, Tensor]]:
    """Yield random mini-batches."""
    generator = torch.Generator().manual_seed(seed)
    for _ in range(steps):
        chosen = torch.randint(len(targets), (size,), generator=generator)
        yield contexts[chosen], targets[chosen]


def train(net: Net, data: tuple[Tensor, Tensor], rate: float, steps: int) -> list[float]:
    """Train with mini-batches of 32; return the loss of each step's batch, before the step."""
    losses = []
    for contexts, targets in batches(*data, steps):
        losses.append(net.backward(contexts, targets))
        net.step(rate)
    return losses
