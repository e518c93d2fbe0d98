"""Hidden checks of fgsm: random networks against an oracle of ours, and digits of the test part.

The oracle differentiates a network of our own build. Where results are compared entry by entry,
network and images are in float64, so a sign could only differ where a gradient is below 1e-15.
Attacked digits are labelled with what the network sees: no label of the test part is in a call.
"""

from __future__ import annotations

import pytest
import torch
from torch.nn import functional

from autograder import data, models
from autograder.kit import (
    assert_close,
    assert_dtype,
    assert_equal,
    assert_no_graph,
    assert_reaches,
    assert_shape,
    call,
    likely,
    task,
    untouched,
)

CONVOLUTION = ["Conv2d", {"in_channels": 3, "out_channels": 4, "kernel_size": 3}]
HEAD = [["Flatten"], ["Linear", {"in_features": 60, "out_features": 5}]]
CURVED = [CONVOLUTION, ["Tanh"], *HEAD]
NORMED = [CONVOLUTION, ["BatchNorm2d", {"num_features": 4}], ["ReLU"], ["Dropout"], *HEAD]
DOUBLE = torch.float64
WRONG_WAY = "the step goes the wrong way along the gradient of the loss"
IN_THE_BALL = "project every iterate onto the ball around the image"
every_function = pytest.mark.parametrize(
    "name", ["fgsm", "pgd", "fooling_image", "accuracy_under_attack", "one_pixel_attack"]
)


@task("fgsm")
@pytest.mark.parametrize(
    ("count", "clip", "targeted"),
    [(3, (0.0, 1.0), False), (1, (-1.0, 1.0), True), (4, (0.2, 0.8), False)],
)
def check_fgsm_of_other_networks(student, rng, device, count, clip, targeted):
    """fgsm is right for any network, range, batch and shape, in float64"""
    model, (images, labels) = _network(_seed(rng), CURVED), _batch(rng, count, clip)
    the_call = call("fgsm", images=images, epsilon=0.3, targeted=targeted, clip=clip)
    got = student.fgsm(
        model, images.to(device), labels.to(device), 0.3, targeted=targeted, clip=clip
    )
    gradient = _gradient(model, images, labels) * (-1 if targeted else 1)
    far = images + 0.3 * gradient.sign()
    wrong = {
        WRONG_WAY: (images - 0.3 * gradient.sign()).clamp(*clip),
        "clip the result, after the step": far,
    }
    assert_close(got, far.clamp(*clip).to(device), the_call, hint=likely(got, wrong))


@task("pgd")
@pytest.mark.parametrize(
    ("clip", "targeted", "step_size", "steps"),
    [((0.0, 1.0), False, 0.1, 5), ((-1.0, 1.0), True, 0.04, 4), ((0.2, 0.8), True, 0.3, 2)],
)
def check_pgd_of_other_networks(student, rng, device, clip, targeted, step_size, steps):
    """pgd takes the gradient at each iterate, projects on the ball, then on the range"""
    model, (images, labels) = _network(_seed(rng), CURVED), _batch(rng, 3, clip)
    inputs = {"epsilon": 0.25, "step_size": step_size, "steps": steps}
    the_call = call("pgd", images=images, **inputs, targeted=targeted, clip=clip)
    options = {"targeted": targeted, "clip": clip}
    got = student.pgd(model, images.to(device), labels.to(device), **inputs, **options)
    ahead = -step_size if targeted else step_size

    def end(ahead, **how):
        return _descent(model, images, labels, ahead, steps, clip, **how)

    wrong = {
        WRONG_WAY: lambda: end(-ahead),
        "the gradient is taken at each iterate, not at the image": lambda: end(ahead, at=images),
    }
    assert_close(got, end(ahead).to(device), the_call, hint=likely(got, wrong))


@task("pgd")
def check_pgd_ends_in_the_range(student, rng, device):
    """the range has the last word: pgd projects on it after the ball"""
    model, (images, labels) = _network(_seed(rng), CURVED), _batch(rng, 3, (0.0, 1.0))
    inputs = {"epsilon": 0.1, "step_size": 0.1, "steps": 2, "clip": (0.4, 0.6)}
    the_call = call("pgd", images=images, **inputs)
    got = student.pgd(model, images.to(device), labels.to(device), **inputs)
    assert_shape(got, images.shape, the_call)
    assert_dtype(got, images.dtype, the_call)
    hint = "the ball comes first, then the range"
    assert_close(got, got.clamp(0.4, 0.6), the_call, hint=hint)


@task("pgd")
@pytest.mark.parametrize("steps", [0, 1, 4])
def check_pgd_stays_in_the_ball_of_the_image(student, rng, device, steps):
    """from a random start too, pgd stays in the ball around the image"""
    model, (images, labels) = _network(_seed(rng), CURVED), _batch(rng, 3, (0.4, 0.6))
    inputs = {"epsilon": 0.2, "step_size": 0.15, "steps": steps, "random_start": True}
    the_call = call("pgd", images=images, **inputs)
    got = student.pgd(model, images.to(device), labels.to(device), **inputs, generator=_coins(rng))
    inside = _within(got, images, 0.2, the_call)
    assert_close(got.cpu(), inside, the_call, hint=IN_THE_BALL)
    if bool((inside == images).all()):
        raise the_call.failed("no pixel moved, but the start should be random")


@task("pgd")
def check_pgd_reaches_its_targets(student, rng, dataset, threshold, device):
    """targeted, pgd makes the network see the class that was asked for"""
    model, images, seen = _sure(rng, dataset, 100)
    targets = (seen + rng.integers(1, 10, len(seen))) % 10
    inputs = {"epsilon": 0.2, "step_size": 0.03, "steps": 15, "targeted": True}
    inputs["random_start"] = True
    the_call = call("pgd", images=images, **inputs)
    got = student.pgd(model, images.to(device), targets.to(device), **inputs, generator=_coins(rng))
    reached = _predicted(model, _within(got, images, 0.2, the_call)) == targets
    assert_reaches(_share(reached), threshold("targeted"), the_call, what="the share of reached")


@task("fooling_image")
@pytest.mark.parametrize(("single", "lr", "most"), [(True, 0.5, 12), (False, 0.05, 3)])
def check_fooling_image_of_other_networks(student, rng, device, single, lr, most):
    """fooling_image is right for any network, for (C, H, W) and (1, C, H, W), step by step"""
    model, (images, _) = _network(_seed(rng), CURVED), _batch(rng, 1, (0.0, 1.0))
    target = _scores(model, images)[0].argmin()
    image = images[0] if single else images
    the_call = call("fooling_image", image=image, target=target.item(), lr=lr, max_steps=most)
    wanted = target.to(device) if single else target.item()
    answer = student.fooling_image(model, image.to(device), wanted, lr=lr, max_steps=most)
    got, steps = _pair(answer, the_call)
    expected, count = _climb(model, images, target, lr, most)
    expected = expected.reshape(image.shape).to(device)
    assert_close(got, expected, the_call, what="the image")
    assert_equal(_plain(steps), count, the_call, what="steps")


@task("fooling_image")
def check_fooling_image_fools_the_digits(student, rng, dataset, threshold, device):
    """digits of the test part become any class that is asked for"""
    model, images, seen = _sure(rng, dataset, 12)
    targets = (seen + rng.integers(1, 10, len(seen))) % 10
    reached = []
    for image, target in zip(images, targets.tolist(), strict=True):
        the_call = call("fooling_image", image=image, target=target)
        got, _ = _pair(student.fooling_image(model, image.to(device), target), the_call)
        assert_shape(got, image.shape, the_call, what="the image")
        assert_dtype(got, image.dtype, the_call, what="the image")
        reached.append(bool(_predicted(model, got.cpu()[None]) == target))
    share, the_call = sum(reached) / len(reached), call("fooling_image", images=len(reached))
    assert_reaches(share, threshold("success"), the_call, what="the share of reached")


@task("accuracy_under_attack")
def check_accuracy_of_other_networks(student, rng, device):
    """accuracy_under_attack is right for any network, labels and order of the epsilons"""
    model, (images, labels) = _network(_seed(rng), CURVED), _batch(rng, 20, (0.35, 0.65))
    labels[6:] = _predicted(model, images[6:])
    epsilons = [0.1, 0.0, 0.3, 0.01, 0.05]
    the_call = call("accuracy_under_attack", images=images, labels=labels, epsilons=epsilons)
    got = student.accuracy_under_attack(model, images.to(device), labels.to(device), epsilons)
    uphill = _gradient(model, images, labels).sign()
    right = [_predicted(model, images + epsilon * uphill) == labels for epsilon in epsilons]
    expected = torch.stack(right).float().mean(1)
    assert_shape(got, expected.shape, the_call)
    shares = got.float() if got.is_floating_point() else got  # of either dtype
    assert_close(shares, expected.to(device), the_call)


@task("noise_control")
def check_noise_is_random_and_reproducible(student, rng, device):
    """the generator decides the noise: a coin for each entry, whatever the size of the attack"""
    images = rng.uniform(3, 3, 12, 11, dtype=DOUBLE).mT
    size = torch.tensor([0.1, 0.0, 0.4], dtype=DOUBLE).reshape(3, 1, 1, 1)
    attacked = images + size * rng.normal(3, 3, 11, 12).sign()
    the_call = call("noise_control", images=images, adversarial=attacked)
    first, again, other = (
        untouched(student.noise_control)(
            images.to(device), attacked.to(device), torch.Generator().manual_seed(seed)
        )
        for seed in (5, 5, 6)
    )
    for noisy in (first, other):
        assert_shape(noisy, images.shape, the_call)
        assert_dtype(noisy, images.dtype, the_call)
        moved = (noisy.cpu() - images).abs()
        assert_close(moved, size.expand_as(images), the_call, what="|result - images|")
    assert_close(again, first, the_call, what="the noise of the same seed")
    signs, others = ((noisy.cpu() > images)[[0, 2]] for noisy in (first, other))
    pairs = {"up": signs, "alike in two images": signs[0] == signs[1]}
    pairs |= {"alike in two channels": signs[:, 0] == signs[:, 1], "as before": signs == others}
    for said, flags in pairs.items():
        if not 0.3 < _share(flags) < 0.7:  # half of 264 coins or more: six deviations
            said = f"{_share(flags):.2f} of the signs are {said}, but should be half"
            raise the_call.failed(said)


@task("one_pixel_attack")
def check_one_pixel_fools_other_digits(student, rng, threshold, device):
    """one pixel changes the class of digits that a black or a white pixel can change"""
    model = models.build("small_digits_cnn", training=False)
    images = data.load("small_digits", "test").images
    images = images[rng.uniform(len(images)).argsort()[:90]]
    seen = _predicted(model, images)
    fooled = []
    for index in _vulnerable(model, images, seen):
        image, label, seed = images[index], int(seen[index]), _seed(rng)
        the_call = call("one_pixel_attack", image=image, label=label)
        answer = student.one_pixel_attack(model, image.to(device), label, seed=seed)
        got, _ = _one_pixel(answer, image, the_call)
        fooled.append(bool(_predicted(model, got[None]) != label))
    share, the_call = sum(fooled) / len(fooled), call("one_pixel_attack", images=len(fooled))
    assert_reaches(share, threshold("success"), the_call, what="the share of fooled images")


@task("one_pixel_attack")
def check_one_pixel_is_reproducible_and_honest(student, rng, device):
    """the same seed gives the same attack, and one that cannot succeed says so"""
    model = models.build("dense_scores", matrices=[[[0.1] * 64, [-0.1] * 64]])
    image = 0.3 + 0.4 * rng.uniform(1, 1, 8, 8)
    label, seed = torch.tensor(0), _seed(rng)
    the_call = call("one_pixel_attack", image=image, label=0, max_iterations=3)
    first, again = (
        student.one_pixel_attack(model, image.to(device), label, max_iterations=3, seed=seed)
        for _ in range(2)
    )
    got, success = _one_pixel(first, image, the_call)
    assert_equal(success, False, the_call, what="success")
    repeated, _ = _one_pixel(again, image, the_call)
    assert_close(repeated, got, the_call, what="the image of the same seed")


@task("as_found")
@every_function
@pytest.mark.parametrize("frozen", [False, True])
def check_networks_of_any_mode_stay_as_found(student, rng, device, name, frozen):
    """networks in training mode, or frozen and under no_grad, are used in eval mode and restored"""
    seed = _seed(rng)
    given = _network(seed, NORMED, training=not frozen, frozen=[""] if frozen else [])
    with torch.set_grad_enabled(not frozen):
        for _ in range(6 if name == "one_pixel_attack" else 1):
            images, function = _batch(rng, 4)[0], untouched(getattr(student, name))
            _use(function, name, given, _network(seed, NORMED), images, device)


def _use(function, name, model, ours, images, device):
    """Call a function on `model`; hold what it found against `ours`, the same one in eval mode."""
    seen, (target, *_) = _predicted(ours, images), _scores(ours, images).argmin(1).tolist()
    where = images.to(device), seen.to(device)
    the_call = call(name, model="a network with batch-norm and dropout", images=images)
    if name == "accuracy_under_attack":
        got = function(model, *where, [0.0])
        assert_close(got, torch.ones(1, dtype=DOUBLE, device=device), the_call)
    elif name == "one_pixel_attack":
        options = {"max_iterations": 1, "population": 8}
        answer = function(model, where[0][0], int(seen[0]), **options)
        got, success = _one_pixel(answer, images[0], the_call)
        fooled = bool(_predicted(ours, got[None]) != seen[0])
        assert_equal(success, fooled, the_call, what="success")
    elif name == "fooling_image":
        answer = function(model, where[0][0], target, lr=0.05, max_steps=1)
        got, _ = _pair(answer, the_call)
        _along(got, images[0], _climbs(ours, images[:1], target), the_call)
    else:
        got = function(model, *where, 0.05, *((0.05, 1) if name == "pgd" else ()))
        _along(got, images, [_gradient(ours, images, seen)], the_call)


def _along(got, images, gradients, the_call):
    """Fail unless all pixels moved along one of the gradients, up or down; how far is no matter."""
    assert_shape(got, images.shape, the_call)
    assert_dtype(got, images.dtype, the_call)
    assert_no_graph(got, the_call)
    moved = (got.cpu() - images).sign()
    for gradient in gradients:
        steep = gradient.abs() > 1e-6 * gradient.abs().max()
        agree = (moved * gradient.sign())[steep]
        if bool((agree == 1).all() or (agree == -1).all()):
            return
    hint = "batch-norm and dropout: is the network in training mode while it is attacked?"
    raise the_call.failed("the step does not follow the gradient, but should", hint)


def _network(seed, layers, **options):
    options = {"dtype": "float64", "training": False, "seed": seed} | options
    return models.build("sequential", layers=layers, **options)


def _batch(rng, count, clip=(0.2, 0.8)):
    """Return non-contiguous images (count, 3, 5, 7) within `clip`, and labels of five classes."""
    lowest, highest = clip
    images = lowest + (highest - lowest) * rng.uniform(count, 3, 7, 5, dtype=DOUBLE).mT
    return images, rng.integers(0, 5, count)


@torch.no_grad()
def _scores(model, images):
    return model(images)


def _predicted(model, images):
    return _scores(model, images).argmax(1)


@torch.enable_grad()
def _gradient(model, images, labels):
    """Return the gradient of the labels' losses at their images."""
    pixels = images.clone().requires_grad_()
    loss = functional.cross_entropy(model(pixels), labels, reduction="sum")
    return torch.autograd.grad(loss, pixels)[0]


@torch.enable_grad()
def _climbs(model, image, target):
    """Return the gradients of the target's score and of its log-probability."""
    pixels = image.clone().requires_grad_()
    scores = model(pixels)[0]
    ends = scores[target], scores.log_softmax(0)[target]
    return [torch.autograd.grad(end, pixels, retain_graph=True)[0][0] for end in ends]


def _descent(model, images, labels, ahead, steps, clip, *, at=None):
    """Return where pgd ends, or where it does that takes all gradients at one point."""
    current = images
    for _ in range(steps):
        gradient = _gradient(model, current if at is None else at, labels)
        current = current + ahead * gradient.sign()
        current = current.clamp(images - 0.25, images + 0.25).clamp(*clip)
    return current


def _climb(model, image, target, lr, most):
    """Return where the ascent on the target's score ends, and after how many steps."""
    for step in range(most):
        if _predicted(model, image) == target:
            return image, step
        pixels = image.clone().requires_grad_()
        (gradient,) = torch.autograd.grad(model(pixels)[0, target], pixels)
        image = image + lr * gradient / gradient.norm()
    return image, most


def _seed(rng):
    return rng.integer(0, 10**6)


def _coins(rng):
    return torch.Generator().manual_seed(_seed(rng))


def _share(flags):
    return flags.double().mean().item()


def _sure(rng, dataset, count):
    """Return the network, `count` images that it is sure about, drawn anew, and what it sees."""
    model, images = models.build("digits_cnn", training=False), dataset("test").images[:360]
    sure, seen = _scores(model, images).softmax(1).max(1)
    chosen = [index for index in rng.uniform(len(sure)).argsort().tolist() if sure[index] >= 0.9]
    return model, images[chosen[:count]], seen[chosen[:count]]


def _within(got, images, epsilon, the_call):
    """Return the student's images, whatever lies outside of ball and range moved to its edge."""
    assert_shape(got, images.shape, the_call)
    assert_dtype(got, images.dtype, the_call)
    finite = torch.where(got.cpu().isfinite(), got.cpu(), images)
    return finite.clamp(images - epsilon, images + epsilon).clamp(0, 1)


def _pair(got, the_call):
    if not isinstance(got, tuple | list) or len(got) != 2:
        raise the_call.failed("the result should be the pair (image, steps)")
    return got


def _one_pixel(got, image, the_call):
    """Return image and success, once the image is known to be one like that attacked."""
    if not isinstance(got, tuple | list) or len(got) != 3:
        raise the_call.failed("the result should be (image, (row, column), success)")
    assert_shape(got[0], image.shape, the_call, what="the image")
    assert_dtype(got[0], image.dtype, the_call, what="the image")
    return got[0].cpu(), _plain(got[2])


def _plain(value):
    """Return a number or flag without the tensor around it."""
    return value.tolist() if isinstance(value, torch.Tensor) else value


def _vulnerable(model, images, seen):
    """Return the indices of the images whose class one black or white pixel changes."""
    pixels = torch.eye(64, dtype=torch.bool).reshape(-1, 1, 8, 8)
    tried = torch.cat([images[:, None].masked_fill(pixels, value) for value in (0.0, 1.0)], 1)
    changed = _predicted(model, tried.flatten(0, 1)).reshape(len(images), -1) != seen[:, None]
    return changed.any(1).nonzero()[:, 0].tolist()
