"""A table once, shown three ways: HTML that sorts on click or key, LaTeX for a paper, and TSV for other programs."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pandas as pd
from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from relmaps.io.files import write_text
from relmaps.io.tables import write_table
from relmaps.report.answer import estimate

TEMPLATES = Path(__file__).parent / "templates"
# What a pdfLaTeX without further packages does not set.
LATEX_SIGNS = {"−": "-", "–": "--", "×": r"\ensuremath{\times}", "±": r"\ensuremath{\pm}", "→": r"\ensuremath{\to}"}
LATEX_SIGNS |= {"“": "``", "”": "''", "…": r"\ldots{}", "τ": r"\ensuremath{\tau}"}
LATEX_SIGNS |= {"α": r"\ensuremath{\alpha}", "β": r"\ensuremath{\beta}", "γ": r"\ensuremath{\gamma}"}
LATEX_SIGNS |= {"ε": r"\ensuremath{\varepsilon}"}
LONG_TEXT, CHARACTERS_OF_LINE, ROWS_OF_PAGE = 50, 75, 45


@dataclass(frozen=True)
class Column:
    """A column of a table. text and key map a row to what is shown and to what is sorted by (text if none)."""

    title: str
    text: Callable[[pd.Series], str]
    key: Callable[[pd.Series], float] | None = None


@dataclass(frozen=True, eq=False)
class Table:
    """rows : what the table is drawn from, one row each. The first column is the row's header."""

    rows: pd.DataFrame
    columns: list[Column]
    caption: str

    def html(self) -> Markup:
        """The table alone, to stand in a page with `sort.js`."""
        cells = [
            [{"text": column.text(row), "key": column.key(row) if column.key else None} for column in self.columns]
            for _, row in self.rows.iterrows()
        ]
        titles = [column.title for column in self.columns]
        return Markup(render("table.html.j2", caption=self.caption, titles=titles, rows=cells))

    def page(self) -> str:
        """A whole HTML page with nothing but the table."""
        return render("table_page.html.j2", title=self.caption, table=self.html())

    def latex(self, label: str) -> str:
        """A LaTeX table, `\\ref{tab:<label>}`, for a preamble with booktabs, graphicx and longtable.

        Long texts are wrapped, many rows go over pages, and what is still wider than the page is scaled to it.
        """
        shown = pd.DataFrame(
            [[column.text(row) for column in self.columns] for _, row in self.rows.iterrows()],
            columns=[column.title for column in self.columns],
        )
        widths = [max([len(title), *shown.iloc[:, n].map(len)]) for n, title in enumerate(shown.columns)]
        wrapped = [width > LONG_TEXT and column.key is None for width, column in zip(widths, self.columns, strict=True)]
        kinds = [
            f"p{{{LONG_TEXT / 200:g}\\linewidth}}" if wrap else "r" if column.key else "l"
            for wrap, column in zip(wrapped, self.columns, strict=True)
        ]
        caption, over_pages = self.caption.replace("%", r"\%"), len(shown) > ROWS_OF_PAGE
        text = shown.to_latex(
            index=False,
            escape=True,
            column_format="".join(kinds),
            caption=caption,  # pandas escapes cells and titles alone
            label=f"tab:{label}",
            longtable=over_pages,
            position=None if over_pages else "htbp",
        )
        wide = (
            sum(LONG_TEXT if wrap else width for wrap, width in zip(wrapped, widths, strict=True)) > CHARACTERS_OF_LINE
        )
        if wide and not over_pages:
            text = text.replace(r"\begin{tabular}", "\\resizebox{\\linewidth}{!}{%\n\\begin{tabular}")
            text = text.replace(r"\end{tabular}", "\\end{tabular}}")
        return text.translate(str.maketrans(LATEX_SIGNS))

    def write(self, folder: str | Path, name: str) -> None:
        """<name>.tsv, with the numbers as they are, and <name>.html and <name>.tex, with those that are shown."""
        folder = Path(folder)
        write_table(self.rows, folder / f"{name}.tsv")
        write_text(self.page(), folder / f"{name}.html")
        write_text(self.latex(name), folder / f"{name}.tex")


def render(template: str, **values: object) -> str:
    """A template of this package, filled; a missing value is an error, and text is escaped."""
    environment = Environment(
        loader=FileSystemLoader(TEMPLATES),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    return environment.get_template(template).render(**values)


def number(column: str, title: str, digits: int = 2) -> Column:
    """A column of numbers, n/a where missing."""

    def text(row: pd.Series) -> str:
        return "n/a" if pd.isna(row[column]) else f"{row[column]:.{digits}f}".replace("-", "−")

    return Column(title, text, lambda row: row[column])


def interval(column: str, title: str, low: str, high: str) -> Column:
    """A column of estimates with their intervals in brackets, sorted by the estimate."""
    return Column(title, lambda row: estimate(row[column], row[low], row[high]), lambda row: row[column])
