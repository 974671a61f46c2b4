"""Bits are compared, and processes are forked: all of it on the CPU, also where there is a GPU, and on one thread."""
import pytest
import torch


@pytest.fixture(autouse=True)
def on_the_cpu(monkeypatch):
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)


@pytest.fixture(autouse=True)
def on_one_thread():
    """A fork has none of the threads of its parent, and would wait for them for ever."""
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(threads)
