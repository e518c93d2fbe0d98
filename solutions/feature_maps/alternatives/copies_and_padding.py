"""Everything on a deep copy of the model; shifts by padding; a data loader and plain SGD."""

from __future__ import annotations

import copy
from collections.abc import Iterable

import torch
from torch import Tensor, nn
from torch.nn import functional
from torch.utils.data import DataLoader, TensorDataset


class DigitCNN(nn.Module):
    """Batch norm after each convolution, no padding, dropout before the dense layer."""

    def __init__(self, num_classes: int = 10) -> None:
        super().__init__()
        self.conv1 = nn.Conv2d(1, 16, 3)
        self.bn1 = nn.BatchNorm2d(16)
        self.conv2 = nn.Conv2d(16, 32, (3, 3))
        self.bn2 = nn.BatchNorm2d(32)
        self.conv3 = nn.Conv2d(32, 64, 3)
        self.bn3 = nn.BatchNorm2d(64)
        self.dropout = nn.Dropout(0.25)
        self.fc = nn.Linear(64 * 3 * 3, num_classes)

    def forward(self, images: Tensor) -> Tensor:
        """Score the classes."""
        x = functional.max_pool2d(functional.relu(self.bn1(self.conv1(images)), inplace=True), 2)
        x = functional.max_pool2d(functional.relu(self.bn2(self.conv2(x)), inplace=True), 2)
        x = functional.relu(self.bn3(self.conv3(x)), inplace=True)
        return self.fc(self.dropout(torch.flatten(x, 1)))


def train(model: nn.Module, images: Tensor, labels: Tensor, *, epochs: int, seed: int) -> nn.Module:
    """Descend with momentum along shuffled batches of a data loader."""
    modes = [module.training for module in model.modules()]
    model.train()
    order = torch.Generator().manual_seed(seed)
    loader = DataLoader(TensorDataset(images, labels), 32, shuffle=True, generator=order)
    optimizer = torch.optim.SGD(model.parameters(), lr=0.02, momentum=0.9, weight_decay=1e-4)
    for _ in range(epochs):
        for batch, targets in loader:
            loss = functional.nll_loss(functional.log_softmax(model(batch), dim=1), targets)
            model.zero_grad()
            loss.backward()
            optimizer.step()
    for module, mode in zip(model.modules(), modes, strict=True):
        module.training = mode
    return model


def filters(model: nn.Module, layer: str) -> Tensor:
    """Look the weight up in a copy of the state."""
    if layer not in [name for name, _ in model.named_modules()]:
        raise ValueError(f"there is no layer {layer!r}")
    return copy.deepcopy(model.state_dict())[f"{layer}.weight"]


@torch.no_grad()
def activation_maps(model: nn.Module, images: Tensor, layers: Iterable[str]) -> dict[str, Tensor]:
    """Hook a copy, which is thrown away together with its hooks."""
    twin = copy.deepcopy(model).eval()
    found = {}
    for layer in layers:
        try:
            module = twin.get_submodule(layer)
        except AttributeError as error:
            raise ValueError(f"{layer!r}: {error}") from None
        found[layer] = None
        module.register_forward_hook(
            lambda module, _, output, name=layer: found.__setitem__(name, output.clone())
        )
    twin(images)
    return found


def shift(images: Tensor, dx: int, dy: int) -> Tensor:
    """Pad with copies of the edge, then cut the window out; replicate padding wants floats."""
    height, width = images.shape[-2:]
    dx, dy = max(-width, min(dx, width)), max(-height, min(dy, height))
    sides = (max(dx, 0), max(-dx, 0), max(dy, 0), max(-dy, 0))
    padded = functional.pad(images.double(), sides, mode="replicate")
    top, left = max(-dy, 0), max(-dx, 0)
    return padded[..., top : top + height, left : left + width].to(images.dtype, copy=True)


@torch.no_grad()
def shift_agreement(model: nn.Module, images: Tensor, max_shift: int) -> Tensor:
    """Count the images that keep their class, one shift after the other."""
    twin, side = copy.deepcopy(model).eval(), 2 * max_shift + 1
    classes = twin(images).argmax(dim=1)
    grid = torch.zeros(side, side, device=images.device)
    for row in range(side):
        for column in range(side):
            moved = shift(images, column - max_shift, row - max_shift)
            grid[row, column] = (twin(moved).argmax(dim=1) == classes).float().mean()
    return grid
