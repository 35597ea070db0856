"""The template's grey matter probability."""

from relmaps.relevance.model_free.study import Combine, Study, fixed


def open_map(study: Study) -> Combine:
    return fixed(study.read(study.files["template_gm"]))
