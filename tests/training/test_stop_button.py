"""JupyterLab's stop button: it interrupts the kernel, and the training ends after the step that was begun."""
from queue import Empty

import pytest
from ipykernel.kernelspec import get_kernel_dict
from jupyter_client.kernelspec import KernelSpec
from jupyter_client.manager import KernelManager

BEGIN = """
import torch
from resnext_edu import RECIPES, fit, load_images, resnext_mini

model, images, seen = resnext_mini(), load_images(), []
model.register_forward_hook(lambda *_: seen.append(1) or print("step", flush=True))
"""
TRAIN = "history = fit(model, images.train[:640], None, RECIPES['short'].replace(epochs=50), 0, progress=False)"
AFTER = """
steps = len(seen)
left = all(bool(torch.isfinite(weight).all()) for weight in model.state_dict().values())
print(history.finished, 0 < len(history.losses) == steps, left, model(torch.zeros(1, 1, 28, 28)).shape)
"""


class ThisPython(KernelManager):
    @property
    def kernel_spec(self):
        return KernelSpec(resource_dir="", **get_kernel_dict(["--log-level=ERROR"]))


@pytest.fixture
def kernel():
    manager = ThisPython()
    manager.start_kernel()
    client = manager.client()
    client.start_channels()
    client.wait_for_ready(60)
    yield manager, client
    client.stop_channels()
    manager.shutdown_kernel(now=True)


def printed(client, message, until=None):
    """What a cell prints, until it is done or has printed this."""
    text = ""
    while until is None or until not in text:
        try:
            found = client.get_iopub_msg(timeout=60)
        except Empty:
            pytest.fail(f"the kernel says nothing more after {text!r}")
        if found["parent_header"].get("msg_id") == message:
            text += found["content"].get("text", "") + "\n".join(found["content"].get("traceback", []))
            if found["content"].get("execution_state") == "idle":
                break
    return text


def test_the_stop_button_leaves_a_usable_model_and_a_history(kernel):
    manager, client = kernel
    assert printed(client, client.execute(BEGIN)) == ""
    training = client.execute(TRAIN)
    assert printed(client, training, until="step\nstep\nstep").count("step") < 50
    manager.interrupt_kernel()
    assert "Error" not in printed(client, training)
    assert printed(client, client.execute(AFTER)).splitlines()[-1] == "False True True torch.Size([1, 10])"
