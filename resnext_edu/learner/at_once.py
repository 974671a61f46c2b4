"""An extension of the Jupyter server: what a kernel says goes to the page at once.

Without it, the operating system keeps a small message back until the page has acknowledged the one before, and the page
does that 40 ms later (Nagle's algorithm, and the delayed acknowledgement of TCP). Whoever moves a slider waits for it.
"""
from typing import Any


def _jupyter_server_extension_points() -> list[dict[str, str]]:
    return [{"module": __name__}]


def _load_jupyter_server_extension(server: Any) -> None:
    settings, name = server.web_app.settings, "kernel_websocket_connection_class"
    way: Any = settings[name]  # the server's own way to its kernels, or a gateway's

    class AtOnce(way):  # type: ignore[misc]
        def connect(self) -> Any:
            self.websocket_handler.set_nodelay(True)
            return super().connect()

    settings[name] = AtOnce
