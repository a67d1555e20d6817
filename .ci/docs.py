"""Check what readers of the documentation see, as far as that goes without Quarto.

Every notebook is processed as `nbdev_docs` would. Links between chapters, to the API, and in README.md and its like must
lead somewhere; directives must not show; pictures need alternative text and must be small; tables show a dash where a value
is missing. `python .ci/docs.py FOLDER` also writes each page as HTML, to be looked at in a browser."""
import json
import os
import re
import sys
from pathlib import Path
from urllib.parse import unquote

import mistune
import yaml
from bs4 import BeautifulSoup

root = Path(__file__).resolve().parents[1]
markdown = mistune.create_markdown(escape=False, plugins=["table"])
options = "eval echo output warning error include fig-alt fig-cap fig-width fig-height label tbl-cap code-fold code-summary"
biggest = 120_000 # bytes of a picture


def processed(path):
    "A notebook as nbdev's processors leave it: its cells, and what went wrong."
    os.chdir(path.parent)
    from execnb.nbio import read_nb
    from nbdev.processors import FilterDefaults
    nb = read_nb(path)
    try: FilterDefaults()(nb)
    except Exception as e: return None, f"{type(e).__name__}: {e}"
    cells = [c for c in nb.cells if getattr(c, "source", None)]
    keep = ("cell_type", "source", "outputs", "metadata")
    return json.loads(json.dumps([{k: c[k] for k in keep if k in c} for c in cells], default=str)), None


def text(o): return o if isinstance(o, str) else "".join(o)


def shown(cell):
    "What a code cell shows: its option lines, its code, of its outputs kind, content and what is known of it."
    lines = cell["source"].splitlines()
    first = next((i for i, o in enumerate(lines) if not o.startswith("#|")), len(lines))
    heads = dict(re.match(r"#\|\s*([\w-]+):?\s*(.*)", o).groups() for o in lines[:first])
    outputs = [] if heads.get("output") == "false" else cell.get("outputs", [])
    kinds = [(k, text(v), o.get("metadata", {}).get(k, {})) for o in outputs for k, v in o.get("data", {}).items()]
    return heads, "\n".join(lines[first:]), kinds


def slug(heading, github=False):
    "The anchor of a heading, as GitHub or pandoc makes it."
    kept = re.sub(r"[^\w\-. ]" if not github else r"[^\w\- ]", "", heading.strip().lower()).replace(" ", "-")
    return kept if github else re.sub(r"^[^a-z]+", "", kept) or "section"


class Page:
    "Links, pictures and anchors of a page."
    def __init__(self, github=False):
        self.links, self.pictures, self.anchors, self.faults = [], [], set(), []
        self.github, self.name = github, None # `name`: of its file in the site

    def add(self, source):
        "Markdown."
        soup = BeautifulSoup(markdown(source), "html.parser")
        self.links += [o["href"] for o in soup.find_all("a", href=True)]
        self.links += [o["src"] for o in soup.find_all("img", src=True)]
        self.pictures += [o.get("alt", "") for o in soup.find_all("img")]
        self.anchors |= {slug(o.get_text(), self.github) for o in soup.find_all(re.compile("^h[1-6]$"))}
        self.anchors |= {o["id"] for o in soup.find_all(id=True)}
        self.tables(soup)

    def tables(self, soup):
        bad = sum(o.get_text().strip().lower() in ("nan", "none", "nat", "<na>") for o in soup.find_all("td"))
        if bad: self.faults.append(f"{bad} missing values in a table: show a dash")


def chapter(cells):
    "The page of a processed notebook."
    page = Page()
    for cell in cells:
        if cell["cell_type"] == "markdown": page.add(cell["source"])
        if cell["cell_type"] != "code": continue
        heads, code, outputs = shown(cell)
        where = f" in the cell that begins {code.splitlines()[0][:60]!r}" if code else ""
        page.faults += [f"the directive {o} shows{where}" for o in heads if o not in options.split()]
        page.faults += [f"a directive shows{where}"]*bool(re.search(r"^\s*#\s?\|", code, re.M))
        page.anchors |= {o.lower() for o in re.findall(r"^(?:show_doc\(|def |class )([\w.]+)", code, re.M)}
        methods = re.findall(r"^def (\w+)\((?:self|cls):(\w+)", code, re.M)
        page.anchors |= {f"{o}.{name}".lower() for name, o in methods}
        for kind, value, known in outputs:
            if kind.startswith("image/"):
                if not (known.get("alt") or heads.get("fig-alt", "").strip("\"' ")):
                    page.faults.append(f"a picture has no alternative text{where}: `show(fig, alt)` or `#| fig-alt:`")
                if len(value)*3/4 > biggest: page.faults.append(f"a picture has {len(value)*3//4:,} bytes{where}")
            elif kind == "text/markdown":
                page.add(value)
                page.faults += ["a signature shows a link as its source"]*bool(re.search(r"^ .*# .*\]\(http", value, re.M))
            elif kind == "text/html": page.tables(BeautifulSoup(value, "html.parser"))
    return page


def output_name(path, cells):
    "Where Quarto would put the page of a notebook, in the site."
    named = re.search(r"^output-file: (\S+)$", cells[0]["source"], re.M)
    return (path.parent.relative_to(root/"nbs")/(named[1] if named else f"{path.stem}.html")).as_posix()


def faults(path, page, pages, site, git):
    "What is wrong with a page: its own faults, and links that lead nowhere."
    yield from page.faults
    yield from ["a picture in the text has no alternative text"]*sum(not o.strip() for o in page.pictures)
    for link in page.links:
        target, _, anchor = link.partition("#")
        if link.startswith(site): wrong = wrong_name(page, target.removeprefix(site).lstrip("/"), anchor, pages)
        elif link.startswith(f"{git}/"): wrong = wrong_file(root/re.sub(r"^(blob|tree)/main/", "", target[len(git) + 1:]))
        elif link.startswith(("http:", "https:", "mailto:", "data:")): continue
        else: wrong = wrong_link(path, unquote(target), anchor, pages)
        if wrong: yield f"{link}: {wrong}"


def wrong_file(file): return None if file.exists() else "there is no such file"


def wrong_link(path, target, anchor, pages):
    "Why a relative link leads nowhere."
    file = (path.parent/target).resolve() if target else path
    if wrong := wrong_file(file): return wrong
    if path.suffix == ".ipynb" and root/"nbs" not in file.parents: return "it leads out of the site"
    if path.suffix == ".ipynb" and file.is_dir(): return "a folder is no page of the site"
    if anchor and anchor not in pages[file].anchors: return "there is no such heading in that page"


def wrong_name(page, name, anchor, pages):
    "Why a link to the API, which nbdev made of a name in backticks, leads nowhere."
    other = next((p for p in pages.values() if p.name == name), None)
    if other is None: return "there is no such page"
    if other is page or not anchor or anchor in other.anchors: return None
    return "a name in backticks that the package uses for something else, or a helper of another chapter"


def alone(pages):
    "Chapters from which no link leads to another."
    chapters = {o for o in pages if o.suffix == ".ipynb" and o.name != "index.ipynb"}
    for path in chapters:
        links = {(path.parent/o.partition("#")[0]).resolve() for o in pages[path].links if "://" not in o}
        if not links & chapters - {path}: yield path


def front_matter(source):
    "Title and description, as a page shows them."
    fields = yaml.safe_load(source.strip().strip("-"))
    return f"# {fields.get('title')}\n\n{fields.get('description', '')}"


def joined(output):
    "An output whose lists of lines are texts."
    data = {k: text(v) for k, v in output.get("data", {}).items()}
    return output | ({"data": data} if data else {"text": text(output["text"])} if "text" in output else {})


def write_html(path, cells, folder):
    "A page as HTML, as nearly as nbconvert makes it."
    import nbformat
    from nbconvert import HTMLExporter
    nb = nbformat.v4.new_notebook()
    for c in cells:
        if c["cell_type"] == "raw": nb.cells.append(nbformat.v4.new_markdown_cell(front_matter(c["source"])))
        elif c["cell_type"] == "markdown": nb.cells.append(nbformat.v4.new_markdown_cell(c["source"]))
        else:
            heads, code, _ = shown(c)
            outputs = [nbformat.from_dict(joined(o)) for o in c.get("outputs", [])]
            nb.cells.append(nbformat.v4.new_code_cell("" if heads.get("echo") == "false" else code, outputs=outputs))
    out = folder/path.relative_to(root/"nbs").with_suffix(".html")
    out.parent.mkdir(parents=True, exist_ok=True)
    out.write_text(HTMLExporter().from_notebook_node(nb)[0])


def main(folder=None):
    from nbdev.config import get_config
    folder = folder and Path(folder).resolve()
    os.environ["IN_TEST"], os.environ["MPLBACKEND"] = "1", "agg"
    os.chdir(root)
    config = get_config()
    site = config.doc_host + config.doc_baseurl
    notebooks = sorted(o for o in (root/"nbs").rglob("*.ipynb") if not {".", "_"} & {p[0] for p in o.parts[len(root.parts):]})
    results = {o: processed(o) for o in notebooks}
    pages, found = {}, {}
    for path, (cells, error) in results.items():
        if error: found[path] = [f"nbdev_docs would stop here: {error.splitlines()[0]}"]
        else:
            pages[path] = chapter(cells)
            pages[path].name = output_name(path, cells)
            if folder: write_html(path, cells, folder)
    texts = [o for o in (root/"README.md", root/"CONTRIBUTING.md", root/"CHANGELOG.md") if o.exists()]
    for path in texts:
        pages[path] = Page(github=True)
        pages[path].add(path.read_text())
    for path, page in pages.items(): found[path] = sorted(set(faults(path, page, pages, site, config.git_url)))
    for path in alone(pages): found[path].append("links to no other chapter")
    for path, list_ in found.items():
        for o in list_: print(f"{path.relative_to(root)}: {o}")
    count = sum(map(len, found.values()))
    print(f"{len(results)} notebooks and {len(texts)} texts: {count} faults")
    return count


if __name__ == "__main__": sys.exit(bool(main(*sys.argv[1:2])))
