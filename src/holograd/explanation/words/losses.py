"""What a loss says about an answer: the share that the right one got, and by how much it missed."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from holograd.explanation.codes import scopes_of
from holograd.explanation.naming import loss_of
from holograd.explanation.records import TARGET, Step, Value
from holograd.graph import Node, topological
from holograd.nn.call import Call
from holograd.ops.special import sigmoid_array
from holograd.ops.table import TABLE

CROSS_ENTROPIES = {
    "binary_cross_entropy",
    "binary_cross_entropy_with_logits",
    "cross_entropy",
    "nll_loss",
}
KINDS = CROSS_ENTROPIES | {
    "mse_loss", "l1_loss", "huber_loss", "smooth_l1_loss", "hinge_loss", "kl_div",
}  # fmt: skip
NEAR = 1e-4
SMALL_SHARE, FAIR_SHARE = 0.9, 0.5  # of the right answer: from here on the loss is small, fair
SMALL_MISS, FAIR_MISS = 0.1, 0.5  # of a number between 0 and 1


@dataclass(frozen=True)
class Verdict:
    """A loss of one sample in words.

    Attributes:
        kind: the loss's.
        given: what the network gives.
        target: what it should give; None where no such value is in the view.
        share: of probability that the right answer got; None where the loss is not −ln of it.
        answer: the one number that people read as the answer; None where there are several.
        miss: how far the answer is from the target, for a squared error of one number.
    """

    kind: str
    given: Value
    target: Value | None
    share: float | None = None
    answer: float | None = None
    miss: float | None = None

    @property
    def given_shown(self) -> np.ndarray:
        """What the network gives as people read it: scores as probabilities."""
        shares = probabilities(self.kind, self.given.array)
        return self.given.array if shares is None else shares

    @property
    def target_shown(self) -> np.ndarray:
        """What it should give, in the same measure."""
        assert self.target is not None
        wanted = self.target.array
        logarithms = self.kind == "kl_div" and (wanted <= 0).all() and wanted.any()
        return np.exp(wanted) if logarithms else wanted

    @property
    def size(self) -> str:
        """ "small", "moderate" or "large"; empty where nothing tells."""
        if self.share is not None:
            sizes = self.share > SMALL_SHARE, self.share > FAIR_SHARE
        elif self.miss is not None and self._between():
            sizes = self.miss < SMALL_MISS, self.miss < FAIR_MISS
        else:
            return ""
        return "small" if sizes[0] else "moderate" if sizes[1] else "large"

    def _between(self) -> bool:
        assert self.target is not None and self.answer is not None
        return self.target.array.item() in (0, 1) and 0 <= self.answer <= 1


def verdict(step: Step) -> Verdict | None:
    """What a loss's step says; None for other steps."""
    if step.kind not in KINDS or len(step.arguments) < 1:
        return None
    values = [one.value for one in step.arguments]
    targets = [value for value in values if value.role == TARGET]
    given = next((value for value in values if value.role != TARGET), values[0])
    target = targets[0] if targets else None
    if target is None or step.output.array.size != 1:
        return Verdict(step.kind, given, target)
    with np.errstate(all="ignore"):
        return _judged(step, given, target)


def _judged(step: Step, given: Value, target: Value) -> Verdict:
    numbers = given.array.astype(np.float64)
    loss = float(step.output.array.item())
    if step.kind == "mse_loss" and numbers.size == target.array.size == 1:
        answer = float(numbers.item())
        miss = abs(answer - float(target.array.item()))
        return Verdict(step.kind, given, target, None, answer, miss)
    if step.kind.startswith("binary") and numbers.size == target.array.size == 1:
        answer, wanted = float(numbers.item()), float(target.array.item())
        if step.kind.endswith("logits"):
            answer = float(sigmoid_array(numbers).item())
        share = {0.0: 1 - answer, 1.0: answer}.get(wanted)
        return Verdict(step.kind, given, target, _confirmed(share, loss), answer)
    shares = class_shares(step.kind, numbers)
    if shares is not None and target.array.size == 1 and target.array.dtype.kind in "iu":
        place = int(target.array.item())
        share = float(shares[place]) if 0 <= place < shares.size else None
        return Verdict(step.kind, given, target, _confirmed(share, loss))
    answer = float(numbers.item()) if numbers.size == 1 else None
    return Verdict(step.kind, given, target, None, answer)


OF_CLASSES = ("cross_entropy", "nll_loss")


def probabilities(kind: str, scores: np.ndarray) -> np.ndarray | None:
    """The probabilities that a loss reads out of scores, (C,) or (N, C, …), or out of their
    logarithms; None where it takes numbers as they are."""
    scores = scores.astype(np.float64)
    with np.errstate(all="ignore"):
        if kind in ("nll_loss", "kl_div"):
            return np.exp(scores)
        if kind == "binary_cross_entropy_with_logits":
            return sigmoid_array(scores)
        if kind != "cross_entropy" or scores.ndim == 0 or scores.size == 0:
            return None
        return TABLE["softmax"].numpy(scores, dim=min(scores.ndim - 1, 1))


def class_shares(kind: str, scores: np.ndarray) -> np.ndarray | None:
    """The probabilities that a loss reads out of one sample's scores, (classes,)."""
    if scores.ndim == 0 or scores.size != scores.shape[-1]:
        return None
    return probabilities(kind, scores.reshape(-1)) if kind in OF_CLASSES else None


def _confirmed(share: float | None, loss: float) -> float | None:
    """The share, where the loss is −ln of it: no class weights, nothing smoothed."""
    if share is None or not share > 0:
        return None
    return share if abs(-np.log(share) - loss) <= NEAR * (1 + abs(loss)) else None


# --- whether an output is a loss ---

LINEAR = {"add", "mul", "div", "sum", "mean", "slice", "take", "reshape", "cast"}


def what_is(output: Node) -> str:
    """What an explained number is to people: "loss", where it is one, or a sum of one and other
    terms, or a positive multiple; "network", where it is what a model gives; else "value"."""
    if _is_loss(output):
        return "loss"
    if any(loss_of(node) is not None for node in topological([output])):
        return "value"
    path = scopes_of(output)
    while path and path[0].kind == "element":
        output = output.inputs[0]
        path = scopes_of(output)
    return "network" if path and type(path[0]) is Call else "value"


def _is_loss(output: Node) -> bool:
    waiting = [output]
    while waiting:
        node = waiting.pop()
        if loss_of(node) is not None:
            return True
        if node.operation is None or node.operation.name not in LINEAR:
            continue
        live = [source for source in node.inputs if source.requires_grad]
        if node.operation.name in ("mul", "div"):
            factors = [source for source in node.inputs if source not in live]
            below = node.operation.name == "div" and live[0] is not node.inputs[0]
            if below or len(live) != 1 or not all((one.value > 0).all() for one in factors):
                continue
        waiting.extend(live)
    return False
