"""A figure of fgsm: accuracy against the size of the step, of an attack and of noise."""

from __future__ import annotations

import torch

from autograder import data, models
from autograder.kit import assert_dtype, assert_shape, call

TITLE = "Accuracy against epsilon, attack and noise"
EPSILONS = [0.0, 0.025, 0.05, 0.075, 0.1, 0.15, 0.2, 0.25, 0.3]
IMAGES = 120


def draw(student, figure):
    """Draw the accuracy that attacks leave, and that noise of the same size leaves."""
    images, labels, _ = data.load("digits", "validation")
    images, labels = images[:IMAGES], labels[:IMAGES]
    model = models.build("digits_cnn", training=False)
    where = call("accuracy_under_attack", images=images, labels=labels, epsilons=EPSILONS)
    attacked = student.accuracy_under_attack(model, images, labels, EPSILONS)
    attacked = values_of(attacked, torch.zeros(len(EPSILONS)), where)
    noisy = [accuracy_with_noise(student, model, images, labels, e) for e in EPSILONS]
    axes = figure.subplots()
    axes.plot(EPSILONS, noisy, "o--", color="#1f77b4", label="random signs")
    axes.plot(EPSILONS, attacked, "s-", color="#d62728", label="FGSM")
    axes.set(xlabel="epsilon, the change of each pixel", ylabel="accuracy", ylim=(-0.03, 1.03))
    axes.grid(alpha=0.3)
    axes.legend(title="direction of the change")


def accuracy_with_noise(student, model, images, labels, epsilon):
    """Return the accuracy on images with as much noise as an attack of this size."""
    where = call("fgsm", images=images, epsilon=epsilon)
    attacked = values_of(student.fgsm(model, images, labels, epsilon), images, where)
    where = call("noise_control", images=images, adversarial=attacked)
    generator = torch.Generator().manual_seed(0)
    noisy = values_of(student.noise_control(images, attacked, generator), images, where)
    with torch.no_grad():
        return (model(noisy).argmax(1) == labels).double().mean().item()


def values_of(got, like, where):
    """Return a tensor, once it is known to have the shape and dtype of another."""
    assert_shape(got, like.shape, where)
    assert_dtype(got, like.dtype, where)
    return got.cpu()
