"""Bits are compared, and processes are forked: all of it on the CPU, also where there is a GPU."""
import pytest
import torch


@pytest.fixture(autouse=True)
def on_the_cpu(monkeypatch):
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
