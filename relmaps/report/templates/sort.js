// Click or press Enter on a column's title to sort by it; again to reverse. What is n/a stays at the end.
for (const button of document.querySelectorAll("table.sortable th button")) {
  button.addEventListener("click", () => {
    const title = button.parentElement;
    const index = [...title.parentElement.children].indexOf(title);
    const body = title.closest("table").tBodies[0];
    const up = title.getAttribute("aria-sort") !== "ascending";
    for (const other of title.parentElement.children) other.removeAttribute("aria-sort");
    title.setAttribute("aria-sort", up ? "ascending" : "descending");
    const keyed = [...body.rows].map((row) => {
      const cell = row.cells[index];
      return { row, key: cell.dataset.key ?? cell.textContent.trim() };
    });
    const numeric = keyed.every(({ key }) => key === "" || !isNaN(Number(key)));
    const missing = ({ key }) => key === "" || key === "n/a";
    keyed.sort((a, b) => {
      if (missing(a) || missing(b)) return missing(a) - missing(b);
      const order = numeric ? Number(a.key) - Number(b.key) : a.key.localeCompare(b.key, "en", { numeric: true });
      return up ? order : -order;
    });
    body.append(...keyed.map(({ row }) => row));
  });
}
