"""Public checks of fgsm: networks that can be followed by hand, and the digits of validation."""

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

# Scores of two classes for an image of one channel, 2 rows and 3 columns, flattened row by row.
WEIGHTS = torch.tensor([[1.0, -2, 0, 3, 1, -1], [2, -1, 0, 1, 3, -2]])
IMAGES = torch.tensor([[[[0.5, 0.4, 0.6], [0.3, 0.7, 0.5]]], [[[0.6, 0.5, 0.3], [0.5, 0.4, 0.7]]]])
LABELS = torch.tensor([0, 1])
# The sign of the gradient of the loss: that of the other class's weights less the label's.
UPHILL = torch.tensor([[[[1.0, 1, 0], [-1, 1, -1]]], [[[-1, -1, 0], [1, -1, 1]]]])

DOWNHILL = "it goes down the loss: a step against the label adds the sign of the gradient"
NOT_TARGETED = "a targeted step goes down: it subtracts the sign of the gradient"
SIGN_MISSING = "the step is epsilon times the sign of the gradient, not times the gradient itself"
OF_THE_SCORE = "this is the gradient of the label's score; the loss is the cross-entropy"

DROPPING = [["Dropout"], ["Flatten"], ["Linear", {"in_features": 42, "out_features": 3}]]


@task("fgsm")
@pytest.mark.parametrize("targeted", [False, True])
def check_fgsm_of_linear_scores(student, device, targeted):
    """fgsm moves every pixel by epsilon, up the loss of a label and down that of a target"""
    the_call = call("fgsm", images=IMAGES, labels=LABELS, epsilon=0.25, targeted=targeted)
    got = student.fgsm(
        _linear(WEIGHTS), IMAGES.to(device), LABELS.to(device), 0.25, targeted=targeted
    )
    way = -1 if targeted else 1
    gradient = _gradient(_linear(WEIGHTS), IMAGES, LABELS)
    wrong = {
        NOT_TARGETED if targeted else DOWNHILL: IMAGES - 0.25 * way * UPHILL,
        SIGN_MISSING: (IMAGES + 0.25 * way * gradient).clamp(0, 1),
        f"{SIGN_MISSING}, nor its mean": (IMAGES + 0.25 * way * gradient / 2).clamp(0, 1),
        OF_THE_SCORE: IMAGES - 0.25 * way * WEIGHTS.sign().reshape(2, 1, 2, 3),
    }
    expected = (IMAGES + 0.25 * way * UPHILL).to(device)
    assert_close(got, expected, the_call, hint=likely(got, wrong))


@task("fgsm")
@pytest.mark.parametrize("clip", [(0.0, 1.0), (-1.0, 1.0), (0.2, 0.75)])
def check_fgsm_stays_in_the_range(student, device, clip):
    """fgsm ends in the range that clip names, whatever the size of the step"""
    the_call = call("fgsm", images=IMAGES, labels=LABELS, epsilon=0.65, clip=clip)
    got = student.fgsm(_linear(WEIGHTS), IMAGES.to(device), LABELS.to(device), 0.65, clip=clip)
    far = IMAGES + 0.65 * UPHILL
    wrong = {
        "clip the result, after the step": far,
        "the range is an argument, clip=(lowest, highest), not always 0 to 1": far.clamp(0, 1),
    }
    assert_close(got, far.clamp(*clip).to(device), the_call, hint=likely(got, wrong))


@task("fgsm")
def check_fgsm_fools_the_digits(student, rng, dataset, threshold, device):
    """one step of 0.2 changes what a trained network sees in most digits"""
    model, images, seen = _digits(rng, dataset)
    the_call = call("fgsm", images=images, epsilon=0.2)
    got = student.fgsm(model, images.to(device), seen.to(device), 0.2)
    changed = _predicted(model, _within(got, images, 0.2, the_call)) != seen
    assert_reaches(_share(changed), threshold("success"), the_call, what="the share of fooled")


@task("pgd")
@pytest.mark.parametrize("steps", [0, 2, 4])
def check_pgd_of_linear_scores(student, device, steps):
    """pgd adds up its steps, and stops at the distance epsilon from the image"""
    inputs = {"epsilon": 0.25, "step_size": 0.1, "steps": steps}
    the_call = call("pgd", images=IMAGES, labels=LABELS, **inputs)
    got = student.pgd(_linear(WEIGHTS), IMAGES.to(device), LABELS.to(device), **inputs)
    reach, loose = min(0.25, 0.1 * steps), (IMAGES + 0.1 * steps * UPHILL).clamp(0, 1)
    wrong = {
        DOWNHILL: IMAGES - reach * UPHILL,
        "the ball is around the image, not around the last iterate": loose,
        "with no steps the result is the start": IMAGES + 0.1 * UPHILL,
    }
    hint = likely(got, wrong)
    assert_close(got, (IMAGES + reach * UPHILL).to(device), the_call, hint=hint)


@task("pgd")
def check_pgd_targets_a_class(student, device):
    """targeted, pgd goes down the loss of the target"""
    inputs = {"epsilon": 0.25, "step_size": 0.1, "steps": 2, "targeted": True}
    the_call = call("pgd", images=IMAGES, labels=LABELS, **inputs)
    got = student.pgd(_linear(WEIGHTS), IMAGES.to(device), LABELS.to(device), **inputs)
    hint = likely(got, {NOT_TARGETED: IMAGES + 0.2 * UPHILL})
    assert_close(got, (IMAGES - 0.2 * UPHILL).to(device), the_call, hint=hint)


@task("pgd")
def check_pgd_starts_in_the_ball(student, device):
    """a random start lies anywhere in the ball around the image, as the generator decides"""
    images, labels = torch.full((8, 1, 2, 3), 0.5), LABELS.repeat(4).to(device)
    the_call = call("pgd", images=images, epsilon=0.2, steps=0, random_start=True)
    first, again, other = (
        student.pgd(
            *(_linear(WEIGHTS), images.to(device), labels, 0.2, 0.1, 0),
            random_start=True,
            generator=torch.Generator().manual_seed(seed),
        )
        for seed in (3, 3, 4)
    )
    moved = _moved(first, images, 0.2, the_call)
    if not bool((moved > 0).any() and (moved < 0).any()):
        raise the_call.failed("the start lies to one side of the image, but should lie anywhere")
    assert_close(again, first, the_call, what="the start of the same seed")
    if bool(((_moved(other, images, 0.2, the_call) - moved).abs() < 1e-6).all()):
        raise the_call.failed("another seed gives the same start, but should give another")


@task("pgd")
def check_pgd_is_stronger_than_one_step(student, rng, dataset, threshold, device):
    """ten small steps in a ball fool more digits than one step to its edge"""
    model, images, seen = _digits(rng, dataset)
    the_call = call("pgd", images=images, epsilon=0.1, step_size=0.02, steps=10)
    got = student.pgd(model, images.to(device), seen.to(device), 0.1, 0.02, 10)
    changed = _predicted(model, _within(got, images, 0.1, the_call)) != seen
    one_step = (images + 0.1 * _gradient(model, images, seen).sign()).clamp(0, 1)
    gain = _share(changed) - _share(_predicted(model, one_step) != seen)
    assert_reaches(gain, threshold("gain"), the_call, what="the share of fooled, less that of fgsm")


@task("fooling_image")
def check_fooling_image_climbs_the_score(student, device):
    """each step goes up the score of the target, has the length lr, and the last one fools"""
    weights = torch.tensor([[6.0, 0], [0, 1], [3, 4]])
    image = torch.tensor([[[0.8, 0.2]]])
    the_call = call("fooling_image", image=image, target=2, lr=0.5)
    got, steps = _pair(student.fooling_image(_linear(weights), image.to(device), 2), the_call)
    score = torch.tensor([[[0.6, 0.8]]])
    wrong = {
        "divide the gradient by its L2 norm": image + 0.5 * 5 * score,
        "divide by the norm over all pixels: each step has length lr": image + 4 * 0.5,
        "it stops one step late: look before each step": image + 4 * 0.5 * score,
        "pixels are not clipped": (image + 3 * 0.5 * score).clamp(0, 1),
        "climb the score itself, not its logarithm after softmax or a loss": lambda: _along_loss(
            weights, image
        ),
    }
    expected = torch.tensor([[[1.7, 1.4]]], device=device)
    assert_close(got, expected, the_call, what="the image", hint=likely(got, wrong))
    assert_equal(_plain(steps), 3, the_call, what="steps")


@task("fooling_image")
def check_fooling_image_takes_no_step_too_many(student, device):
    """where the target is predicted already, the image comes back after 0 steps"""
    image = IMAGES[0]
    (label,) = _predicted(_linear(WEIGHTS), image[None]).tolist()
    the_call = call("fooling_image", image=image, target=label)
    answer = student.fooling_image(_linear(WEIGHTS), image.to(device), label)
    got, steps = _pair(answer, the_call)
    assert_close(got, image.to(device), the_call, what="the image")
    assert_equal(_plain(steps), 0, the_call, what="steps")


@task("accuracy_under_attack")
def check_accuracy_of_linear_scores(student, device):
    """accuracy is the share of all images still recognised, for each epsilon by itself"""
    # The scores of the label lead by 0.9, 0.2, 0.3 and -0.5; an attack costs 7 epsilon of it.
    images = torch.full((4, 6), 0.5)
    images[0, 3], images[1, 3], images[2, 3], images[2, 4] = 0.3, 0.65, 0.7, 0.3
    images, labels = images.reshape(4, 1, 2, 3), torch.tensor([1, 1, 0, 0])
    epsilons, right = [0.1, 0.0, 0.035], torch.tensor([0.25, 0.75, 0.5])
    the_call = call("accuracy_under_attack", images=images, labels=labels, epsilons=epsilons)
    got = student.accuracy_under_attack(
        _linear(WEIGHTS), images.to(device), labels.to(device), epsilons
    )
    wrong = {
        "this is the share of errors": 1 - right,
        "this is the number of images, not their share": 4 * right,
        "the share of all images counts, not of those that were right at first": right / 0.75,
        "each attack starts from the images, not from that before": torch.tensor([0.25, 0.25, 0]),
        "this is the accuracy before the attack": torch.full((3,), 0.75),
    }
    assert_close(got, right.to(device), the_call, hint=likely(got, wrong))


@task("noise_control")
def check_noise_is_as_large_as_the_attack(student, rng, device):
    """every pixel moves by the largest change of its own image, up or down by chance"""
    images, tops = rng.uniform(2, 1, 8, 9), torch.tensor([0.2, -0.05]).reshape(2, 1, 1, 1)
    changes = tops * rng.uniform(2, 1, 8, 9)
    changes[:, 0, 3, 4] = tops[:, 0, 0, 0]
    the_call = call("noise_control", images=images, adversarial=images + changes)
    got = student.noise_control(images.to(device), (images + changes).to(device))
    assert_shape(got, images.shape, the_call)
    assert_dtype(got, images.dtype, the_call)
    noise, size = got.cpu() - images, tops.abs().expand_as(images)
    wrong = {
        "each image has its own distance, not that of the batch": torch.full_like(images, 0.2),
        "all pixels move by the largest change of the image, not by their own": changes.abs(),
        "pixels are not clipped": _clipped_size(images, size * noise.sign()),
    }
    hint = likely(noise.abs(), wrong)
    assert_close(noise.abs(), size, the_call, what="|result - images|", hint=hint)
    if not bool(((noise > 0).sum((1, 2, 3)) % 72).all()):
        raise the_call.failed("all pixels of an image move one way, but about half should")


@task("noise_control")
def check_noise_does_not_fool(student, rng, dataset, threshold, device):
    """noise of the size of an attack leaves alone what the network sees in most digits"""
    model, images, seen = _digits(rng, dataset)
    attacked = (images + 0.2 * _gradient(model, images, seen).sign()).clamp(0, 1)
    the_call = call("noise_control", images=images, adversarial=attacked)
    generator = torch.Generator().manual_seed(rng.integer(0, 10**6))
    got = student.noise_control(images.to(device), attacked.to(device), generator)
    assert_shape(got, images.shape, the_call)
    assert_dtype(got, images.dtype, the_call)
    same = _predicted(model, got.cpu()) == seen
    assert_reaches(_share(same), threshold("unharmed"), the_call, what="the share left alone")


@task("one_pixel_attack")
def check_one_pixel_tells_what_it_changed(student, rng, device):
    """at most one pixel differs, it is the one that is named, and success is told as it is"""
    layers = [
        ["Conv2d", {"in_channels": 3, "out_channels": 4, "kernel_size": 3}],
        ["Tanh"],
        ["Flatten"],
        ["Linear", {"in_features": 60, "out_features": 4}],
    ]
    model = models.build("sequential", layers=layers, seed=rng.integer(0, 10**6), training=False)
    for _ in range(3):
        image = rng.uniform(3, 5, 7)
        (label,) = _predicted(model, image[None]).tolist()
        the_call = call("one_pixel_attack", image=image, label=label, max_iterations=5)
        answer = student.one_pixel_attack(model, image.to(device), label, max_iterations=5)
        got, place, success = _one_pixel(answer, image, the_call)
        changed = ((got - image).abs() > 1e-6).any(0).nonzero().tolist()
        if changed:
            hint = likely(place, {"the row comes first, then the column": changed[0][::-1]})
            assert_equal(place, changed[0], the_call, what="[row, column]", hint=hint)
        fooled = bool(_predicted(model, got[None]) != label)
        assert_equal(success, fooled, the_call, what="success")


@task("one_pixel_attack")
def check_one_pixel_fools_the_digits(student, threshold, device):
    """one pixel changes the class of digits that a black or a white pixel can change"""
    model = models.build("small_digits_cnn", training=False)
    images = data.load("small_digits", "validation").images[:60]
    seen = _predicted(model, images)
    fooled = []
    for index in _vulnerable(model, images, seen):
        image, label = images[index], int(seen[index])
        the_call = call("one_pixel_attack", image=image, label=label)
        answer = student.one_pixel_attack(model, image.to(device), label)
        got, _, _ = _one_pixel(answer, image, the_call)
        fooled.append(bool(_predicted(model, got[None]) != label))
    share = sum(fooled) / len(fooled)
    the_call = call("one_pixel_attack", images=len(fooled))
    assert_reaches(share, threshold("success"), the_call, what="the share of fooled images")


@task("as_found")
@pytest.mark.parametrize("name", ["fgsm", "pgd", "fooling_image"])
def check_model_is_used_in_eval_mode_and_left_as_found(student, rng, device, name):
    """the network works in eval mode; its mode and gradients, and the images, stay as found"""
    model = models.build("sequential", layers=DROPPING, seed=rng.integer(0, 10**6), dtype="float64")
    images = 0.25 + rng.uniform(1, 1, 6, 7, dtype=torch.float64) / 2
    scores = model[2](images.flatten(1)).detach()
    far, near = scores.argmin().item(), scores.argmax(1)
    rest, options = {
        "fgsm": ((near.to(device), 0.05), {}),
        "pgd": ((near.to(device), 0.05, 0.05, 1), {}),
        "fooling_image": ((far,), {"lr": 0.05, "max_steps": 1}),
    }[name]
    the_call = call(name, model="in training mode", images=images)
    got = untouched(getattr(student, name))(model, images.to(device), *rest, **options)
    if name == "fooling_image":
        got, _ = _pair(got, the_call)
    assert_shape(got, images.shape, the_call)
    assert_no_graph(got, the_call)
    still = int((got.cpu() == images).sum())
    if still:
        hint = "dropout hides pixels from the gradient: is the network in training mode?"
        raise the_call.failed(f"{still} of 42 pixels stay, but should move", hint)


def _linear(weights):
    return models.build("dense_scores", matrices=[weights.tolist()])


def _gradient(model, images, labels):
    """Return the gradient of the labels' losses at their images, by our own network."""
    pixels = images.clone().requires_grad_()
    loss = functional.cross_entropy(model(pixels), labels, reduction="sum")
    return torch.autograd.grad(loss, pixels)[0]


def _predicted(model, images):
    with torch.no_grad():
        return model(images).argmax(1)


def _share(flags):
    return flags.double().mean().item()


def _digits(rng, dataset):
    """Return the network, 150 validation images that it is sure about, and what it sees in them."""
    model, images = models.build("digits_cnn", training=False), dataset("validation").images[:360]
    with torch.no_grad():
        sure, seen = model(images).softmax(1).max(1)
    chosen = [index for index in rng.uniform(len(sure)).argsort().tolist() if sure[index] >= 0.9]
    return model, images[chosen[:150]], seen[chosen[:150]]


def _within(got, images, epsilon, the_call):
    """Return the student's images, whatever lies outside of ball and range moved to its edge."""
    assert_shape(got, images.shape, the_call)
    assert_dtype(got, images.dtype, the_call)
    finite = torch.where(got.cpu().isfinite(), got.cpu(), images)
    return finite.clamp(images - epsilon, images + epsilon).clamp(0, 1)


def _moved(got, images, epsilon, the_call):
    """Return how far the pixels are from the images, once this is known to be in the ball."""
    assert_shape(got, images.shape, the_call)
    assert_dtype(got, images.dtype, the_call)
    moved = got.cpu() - images
    if not bool((moved.abs() <= epsilon + 1e-6).all()):
        far = f"{moved.abs().max():.4g}"
        raise the_call.failed(f"a pixel is {far} from the image, but should be {epsilon} at most")
    return moved


def _pair(got, the_call):
    if not isinstance(got, tuple | list) or len(got) != 2:
        raise the_call.failed("the result should be the pair (image, steps)")
    return got


def _one_pixel(got, image, the_call):
    """Return image, [row, column] and success, once image is known to be a right kind of answer."""
    if not isinstance(got, tuple | list) or len(got) != 3:
        raise the_call.failed("the result should be (image, (row, column), success)")
    picture, place, success = got
    assert_shape(picture, image.shape, the_call, what="the image")
    assert_dtype(picture, image.dtype, the_call, what="the image")
    picture = picture.cpu()
    changed = int(((picture - image).abs() > 1e-6).any(0).sum())
    if changed > 1:
        raise the_call.failed(f"{changed} pixels differ, but should be 1 at most")
    if not bool(((picture >= 0) & (picture <= 1)).all()):
        raise the_call.failed("a pixel is outside of [0, 1], but should be within")
    return picture, _plain(place), _plain(success)


def _plain(value):
    """Return the numbers and flags of a pair or a tensor, without the tensor around them."""
    if isinstance(value, torch.Tensor):
        return value.tolist()
    return [_plain(part) for part in value] if isinstance(value, tuple | list) else value


def _clipped_size(images, noise):
    return ((images + noise).clamp(0, 1) - images).abs()


def _along_loss(weights, image, lr=0.5):
    """Return where the ascent ends that follows -cross-entropy instead of the score."""
    for _ in range(100):
        scores = weights @ image.flatten()
        if scores.argmax() == 2:
            break
        gradient = weights[2] - scores.softmax(0) @ weights
        image = image + lr * (gradient / gradient.norm()).reshape(image.shape)
    return image


def _vulnerable(model, images, seen):
    """Return the indices of the images whose class one black or white pixel changes."""
    pixels = torch.eye(64, dtype=torch.bool).reshape(-1, 1, 8, 8)
    tried = torch.cat([images[:, None].masked_fill(pixels, value) for value in (0.0, 1.0)], 1)
    changed = _predicted(model, tried.flatten(0, 1)).reshape(len(images), -1) != seen[:, None]
    return changed.any(1).nonzero()[:, 0].tolist()
