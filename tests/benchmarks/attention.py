"""Fits heads of attention over rows of hidden states (see `rag.probe`)."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

Array = NDArray[Any]

# Tried around these values; none mattered much. Much of every state is hidden from the heads while they learn: they
# are fitted on a few thousand prompts.
_HEADS, _DROPPED, _DECAY, _RATE, _ROUNDS, _BATCH = 4, 0.5, 1.0, 1e-3, 8, 64


def fit_attention(states: Array, right: Array, *, tries: int = 3) -> tuple[Array, Array, float]:
    """Keys and values, a row a head, and a bias, in the units of the states; both classes weigh the same.

    Args:
        states: For each prompt the states of its last tokens: prompts x tokens x width.
        right: For each prompt whether its quotes state the answer.
        tries: Fitted from so many beginnings, whose scores are averaged: all their heads stand side by side.
    """
    mean, spread = states.mean((0, 1), dtype=np.float64), states.std((0, 1), dtype=np.float64)
    spread += 1e-6
    scaled = ((states - mean) / spread).astype(np.float32)
    fitted = [_fit(scaled, right, seed) for seed in range(tries)]
    keys = np.concatenate([one[0] for one in fitted]) / spread
    values = np.concatenate([one[1] for one in fitted]) / spread / tries
    bias = float(np.mean([one[2] for one in fitted]) - (values @ mean).sum())
    return keys, values, bias


def _fit(scaled: Array, right: Array, seed: int) -> tuple[Array, Array, float]:
    import torch
    from torch.nn.functional import binary_cross_entropy_with_logits, dropout

    torch.manual_seed(seed)
    seen, told = torch.from_numpy(scaled), torch.from_numpy(right.astype(np.float32))
    width = scaled.shape[-1]
    keys = torch.zeros(width, _HEADS, requires_grad=True)
    values = (torch.randn(width, _HEADS) * 0.002).requires_grad_()
    bias = torch.zeros(1, requires_grad=True)
    learner = torch.optim.AdamW([keys, values, bias], lr=_RATE, weight_decay=_DECAY)
    slower = torch.optim.lr_scheduler.CosineAnnealingLR(learner, _ROUNDS)
    weight = (1 - told.mean()) / told.mean()
    for _ in range(_ROUNDS):
        for batch in torch.randperm(len(seen)).split(_BATCH):
            rows = dropout(seen[batch], _DROPPED)
            scores = ((rows @ keys).softmax(1) * (rows @ values)).sum((1, 2)) + bias
            loss = binary_cross_entropy_with_logits(scores, told[batch], pos_weight=weight)
            learner.zero_grad()
            loss.backward()
            learner.step()
        slower.step()
    return keys.detach().numpy().T, values.detach().numpy().T, bias.item()
