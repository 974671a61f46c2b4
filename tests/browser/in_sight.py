"""What a learner can see in a notebook that is open, on this screen or further down, and what would give an answer away."""
import re

from resnext_edu.learner.unsolved import COMMENT, OUTPUT_REVEALS, REVEAL, tags_of, text_of, three_parts

# Lab puts cells into the page when it is idle: here at once. Then each text is asked whether it can be seen; Lab's
# `innerText` leaves out what is off the screen. What a screen reader says of pictures counts as seen, too.
IN_SIGHT = """async () => {
    const content = jupyterapp.shell.currentWidget.content;
    await content._runOnIdleTime(60000);
    await Promise.all(content.widgets.map(cell => cell.ready));
    while (content.widgets.some(cell => cell.isPlaceholder() || cell.model.type === 'markdown' && cell.model.sharedModel.source &&
                                !cell.node.querySelector('.jp-MarkdownOutput')?.textContent.trim() && !cell.node.querySelector('img')))
        await new Promise(resolve => setTimeout(resolve, 20));
    const seen = {};
    for (const cell of content.widgets) {
        const walk = document.createTreeWalker(cell.node, NodeFilter.SHOW_TEXT), texts = [];
        while (walk.nextNode())
            if (walk.currentNode.parentElement.checkVisibility({visibilityProperty: true}))
                texts.push(walk.currentNode.data);
        for (const image of cell.node.querySelectorAll('img, [role=img]'))
            if (image.checkVisibility({visibilityProperty: true}))
                texts.push(image.alt || image.getAttribute('aria-label') || '');
        seen[cell.model.id] = texts.join('');
    }
    return seen;
}"""


def squeezed(text: str) -> str:
    """Without white space and without what Markdown does to words: so a source and what is drawn of it are one."""
    return re.sub(r"[\s*`\\]|\[(?=[^]]*\]\()|\]\([^)]*\)", "", text)


def telling(lesson: dict) -> dict[str, list[str]]:
    """The id of a tagged cell → what in it gives an answer away: sentences, code, output; each long enough to mean something."""
    found = {}
    for cell in lesson["cells"]:
        tags, texts = tags_of(cell), []
        if REVEAL in tags and cell["cell_type"] == "markdown":
            prose = re.sub(r"```.*?```|\$[^$]*\$|^\|.*$|!\[[^]]*\]\([^)]*\)", "\n\n", three_parts(text_of(cell))[1], flags=re.DOTALL | re.MULTILINE)
            texts += re.split(r"(?<=[.?!:])\s+|\n\s*(?:[-*]|\d+\.) |\n\n", prose)
        elif REVEAL in tags:
            texts.append(text_of(cell))
        if {REVEAL, OUTPUT_REVEALS} & {*tags} and cell["cell_type"] == "code":
            for output in cell["outputs"]:
                plain = "".join(output.get("data", {}).get("text/plain", output.get("text", "")))
                texts += [] if "text/html" in output.get("data", {}) else plain.splitlines()
        found[cell["id"]] = [short for text in texts if len(short := squeezed(text.strip().removeprefix("- "))) >= 16]
    return {id: texts for id, texts in found.items() if texts}


def in_sight(notebook) -> dict[str, str]:
    """The id of a cell → all of it that can be seen."""
    return {id: squeezed(text.replace(COMMENT, "")) for id, text in notebook.page.evaluate(IN_SIGHT).items()}


def given_away(lesson: dict, seen: dict[str, str]) -> list[str]:
    """What gives an answer away and can be seen, and where."""
    return [f"{id}, seen in {place}: {text}" for id, texts in telling(lesson).items() for text in texts
            for place, whole in seen.items() if text in whole]
