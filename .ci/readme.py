"Write README.md from nbs/index.ipynb: its markdown, its code without directives (none where `echo: false`), its outputs; pictures go to nbs/_readme/."
import re
from pathlib import Path

import nbformat
from nbconvert.exporters import MarkdownExporter
from traitlets.config import Config

root = Path(__file__).resolve().parents[1]
notebook = nbformat.read(root/"nbs"/"index.ipynb", 4)
lines = lambda cell: cell.source.splitlines()
notebook.metadata["language_info"] = {"name": "python", "pygments_lexer": "python"}
notebook.cells = [c for c in notebook.cells if "#| hide" not in lines(c)]
alternatives = []
for cell in notebook.cells:
    if "#| echo: false" in lines(cell): cell.metadata["tags"] = ["output only"]
    said = [o[len("#| fig-alt:"):].strip(' "') for o in lines(cell) if o.startswith("#| fig-alt:")]
    for o in cell.get("outputs", []):
        if "image/png" not in o.get("data", {}): continue
        alternatives.append(o["metadata"].get("image/png", {}).get("alt") or " ".join(said))
    cell.source = "\n".join(l for l in lines(cell) if not l.startswith("#| "))

config = Config()
config.TagRemovePreprocessor.enabled = True
config.TagRemovePreprocessor.remove_input_tags = {"output only"}
config.NbConvertBase.display_data_priority = ["image/png", "text/markdown", "text/plain"]
text, resources = MarkdownExporter(config=config).from_notebook_node(notebook, {"output_files_dir": "nbs/_readme", "unique_key": "index"})
pictures = root/"nbs"/"_readme"
pictures.mkdir(exist_ok=True)
for old in pictures.iterdir(): old.unlink()
for path, content in resources["outputs"].items():
    (root/path).write_bytes(content)
text = re.sub(r"\n\s*\n(\s*\n)+", "\n\n", re.sub(r"\n    ?(!\[png\])", r"\n\1", text)) # one empty line is enough
text = re.sub(r"!\[png\]", lambda o, texts=iter(alternatives): f"![{next(texts)}]", text)
text = re.sub(r"\]\((?!\w+:|#|nbs/)", "](nbs/", text) # README.md is one folder above the notebook
(root/"README.md").write_text("<!-- Made from nbs/index.ipynb by .ci/readme.py: edit that. -->\n\n" + text.strip() + "\n")
