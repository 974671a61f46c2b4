"""What a page still lacks when Sphinx has made it: a policy that it keeps to, and levels of the headings beside it."""
import re
from base64 import b64encode
from hashlib import sha256
from pathlib import Path

SCRIPT = re.compile(r"<script(?P<about>[^>]*)>(?P<code>.*?)</script>", re.DOTALL)
ELSEWHERE = re.compile(r'src=|type="application')  # it stands in a file of its own, or is data
# On a stick, a page has no origin that 'self' would name; `file:` names its neighbours. Outputs bring their own styles.
POLICY = ("default-src 'none'; script-src 'self' file: {hashes}; style-src 'self' file: 'unsafe-inline'; "
          "img-src 'self' file: data:; font-src 'self' file:; form-action 'self' file:; base-uri 'none'")


def finished(html: str) -> str:
    """The same page, which may run the scripts that stand in it and no others, and ask nobody for anything.

    Examples
    --------
    >>> page = finished("<html><head><title>x</title></head><script>1</script></html>")
    >>> page.count("'sha256-"), "default-src 'none'" in page, "unsafe-eval" in page
    (1, True, False)
    """
    codes = {found["code"]: None for found in SCRIPT.finditer(html) if not ELSEWHERE.search(found["about"])}
    hashes = " ".join(f"'sha256-{b64encode(sha256(code.encode()).digest()).decode()}'" for code in codes)
    meta = f'<meta http-equiv="Content-Security-Policy" content="{POLICY.format(hashes=hashes)}">'
    html = html.replace('class="caption" role="heading"', 'class="caption" role="heading" aria-level="2"')
    return html.replace("<head>", f"<head>{meta}", 1)


def finish(folder: Path) -> None:
    """Finish every page in a folder."""
    for page in folder.rglob("*.html"):
        page.write_text(finished(page.read_text(encoding="utf-8")), encoding="utf-8")
